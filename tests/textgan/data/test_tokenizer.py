import numpy as np
import pytest

from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import GAP, GLUE, count_words, detokenize, tokenize

# Each is tokenized and detokenized without loss.
ROUND_TRIPS = [
    "Don't stop! It's half-past 3:15, isn't it?",
    'Why? "Because," said the owl, "I am 4.5 years old."',
    '"Who are you?" asked the owl. "Nobody."',
    'He said, "Come in." She stayed.',
    "The dogs' home (the old one) costs $1,000... 50% off.",
    "Well... maybe. Wait -- what?",
    "Choose tea/coffee; then sit: here.",
    "Mr. T. Rex's #1 fan, e.g. me.",
    "A 3-year-old and his 1,000 friends at 10:30.",
    "'Twas a word in 'single' marks.",
]  # fmt: skip


@pytest.mark.parametrize("text", ROUND_TRIPS[:-1])
def test_round_trip(text):
    assert detokenize(tokenize(text)) == text


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_no_character_is_lost(text):
    words = [t for t in tokenize(text) if t not in {GLUE, GAP}]
    assert "".join(words) == text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "R&D and C++ at 5 %",
        "so / so , said :-) he<3her (a )b",
        "日本語 を 話す人",
        "क्या हुआ?",
        "👩‍👩‍👧‍👦 👍🏽 🇩🇪 e\u0301te\u0301",
        'a "b" c "d ." e',
    ],
)
def test_any_spacing_round_trips(text):
    assert detokenize(tokenize(text)).lower() == text.lower()


def test_random_lines_round_trip():
    random = np.random.default_rng(0)
    pieces = [
        *"aB1.,!?;:%)]}/([{$#\"'*-&+<~日ひé\u0301👍🏽\u200d",
        " ",
        " ",
        " ",
    ]
    for _ in range(2_000):
        line = "".join(random.choice(pieces, random.integers(1, 25)))
        text = " ".join(line.split())
        assert detokenize(tokenize(text)).lower() == text.lower()


def test_regular_spacing_needs_no_extra_tokens():
    for text in ROUND_TRIPS[:-1]:
        assert not {GLUE, GAP} & set(tokenize(text))
    assert tokenize("so /so") == ["so", GAP, "/", "so"]
    assert tokenize("a+b") == ["a", GLUE, "+", GLUE, "b"]


def test_grapheme_clusters_are_one_character():
    family = "👩‍👩‍👧‍👦"
    assert tokenize(f"My {family}!") == ["My", family, "!"]
    assert tokenize("R&D क्या") == ["R&D", "क्या"]
    assert LEVELS["char"].split(f"é{family}e\u0301") == [
        "é",
        family,
        "e\u0301",
    ]


def test_apostrophes_and_hyphens_belong_to_words():
    assert tokenize("Don't stop, T-Rex!") == [
        "Don't",
        "stop",
        ",",
        "T-Rex",
        "!",
    ]


def test_sentences_are_capitalized():
    tokens = tokenize('why? "because," he said, "not yet." "oh!" cried she.')
    assert detokenize(tokens) == (
        'Why? "Because," he said, "not yet." "Oh!" cried she.'
    )


def test_capitalizing_keeps_the_length():
    """Ligatures have two upper cases, and Georgian has one for headlines."""
    assert detokenize(["ﬁrst", "ﬁsh", ".", "ﬂy", "!"]) == "First ﬁsh. Fly!"
    assert detokenize(["კატა", "."]) == "კატა."
    assert detokenize(["élan", "."]) == "Élan."


def test_words_are_counted_without_punctuation():
    assert count_words(tokenize("Well... 3 dogs' bones?!")) == 4


def test_empty_texts():
    assert tokenize(" \n") == []
    assert detokenize([]) == ""
