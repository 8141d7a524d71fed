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


def test_ids_fall_in_frequency_and_special_words_come_first():
    words = Vocabulary.build(TEXTS, size=100).words
    assert tuple(words[:4]) == SPECIAL
    # Four times "I"; then three each, in alphabetical order.
    assert words[4:9] == ["I", ".", "can", "Monday", "on"]


def test_words_come_back_in_their_usual_spelling():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    ids = vocabulary.encode(tokenize("on monday i CAN come."))
    assert UNKNOWN not in ids
    assert vocabulary.decode(ids) == "On Monday I can come."


def test_size_and_minimum_count_leave_rare_words_out():
    assert len(Vocabulary.build(TEXTS, size=2)) == len(SPECIAL) + 2
    vocabulary = Vocabulary.build(TEXTS, size=100, min_count=2)
    assert vocabulary.encode(["yes", "monday"])[0] == UNKNOWN


def test_a_vocabulary_without_words_is_one_sentence():
    with pytest.raises(UserError, match="no word occurs 99 times"):
        Vocabulary.build(TEXTS, size=100, min_count=99)


def test_decoding_ends_at_the_end_and_mutes_special_words():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    word = vocabulary.encode(["yes"])[0]
    ids = [START, word, UNKNOWN, PAD, word, END, word]
    assert vocabulary.decode(ids) == "Yes yes"


def test_characters_keep_their_case():
    texts = [list("Aha a"), list("Ab")]
    vocabulary = Vocabulary.build(texts, size=100, level="char")
    assert {"A", "a", " "} <= set(vocabulary.words)
    assert vocabulary.decode(vocabulary.encode("a Bha A")) == "a ha A"


def test_a_saved_list_makes_the_same_vocabulary():
    vocabulary = Vocabulary.build(TEXTS, size=100)
    again = Vocabulary(vocabulary.words)
    assert again.encode(TEXTS[0]) == vocabulary.encode(TEXTS[0])


def test_a_list_without_special_words_is_refused():
    with pytest.raises(ValueError, match="begins with"):
        Vocabulary(["a", "b"])
