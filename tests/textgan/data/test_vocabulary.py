import pytest

from gancore.errors import UserError
from textgan.data.tokenizer import tokenize
from textgan.data.vocabulary import (
    END,
    PAD,
    SPECIAL,
    START,
    UNKNOWN,
    Vocabulary,
)

TEXTS = [
    tokenize(text)
    for text in (
        "Can I come on Monday? I can.",
        "On Monday I can.",
        "Yes, I said that on Monday.",
    )
]


def test_ids_are_sorted_by_frequency_after_special_words():
    words = Vocabulary.build(TEXTS, size=100).words
    assert tuple(words[:4]) == SPECIAL
    # Four times "I"; then three each, in alphabetical order.
    assert words[4:9] == ["I", ".", "can", "Monday", "on"]


def test_words_are_decoded_in_their_usual_spelling():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    ids = vocabulary.encode(tokenize("on monday i CAN come."))
    assert UNKNOWN not in ids
    assert vocabulary.decode(ids) == "On Monday I can come."


def test_size_and_min_count_drop_rare_words():
    assert len(Vocabulary.build(TEXTS, size=2)) == len(SPECIAL) + 2
    vocabulary = Vocabulary.build(TEXTS, size=100, min_count=2)
    assert vocabulary.encode(["yes", "monday"])[0] == UNKNOWN


def test_a_vocabulary_without_words_raises():
    with pytest.raises(UserError, match="no word occurs 99 times"):
        Vocabulary.build(TEXTS, size=100, min_count=99)


def test_decoding_stops_at_end_and_skips_special_words():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    word = vocabulary.encode(["yes"])[0]
    ids = [START, word, UNKNOWN, PAD, word, END, word]
    assert vocabulary.decode(ids) == "Yes yes"


def test_characters_keep_their_case():
    texts = [list("Aha a"), list("Ab")]
    vocabulary = Vocabulary.build(texts, size=100, level="char")
    assert {"A", "a", " "} <= set(vocabulary.words)
    assert vocabulary.decode(vocabulary.encode("a Bha A")) == "a ha A"


def test_words_round_trip():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    again = Vocabulary(vocabulary.words)
    assert again.encode(TEXTS[0]) == vocabulary.encode(TEXTS[0])


def test_words_without_special_ones_raise():
    with pytest.raises(ValueError, match="begins with"):
        Vocabulary(["a", "b"])
