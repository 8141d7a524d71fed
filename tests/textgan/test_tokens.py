import pytest

from textgan.tokens import count_words, detokenise, tokenise

# Each splits without loss and joins again as it was.
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
    assert detokenise(tokenise(text)) == text


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_no_character_is_lost(text):
    assert "".join(tokenise(text)) == text.replace(" ", "")


def test_words_keep_what_belongs_to_them():
    assert tokenise("Don't stop, T-Rex!") == [
        "Don't",
        "stop",
        ",",
        "T-Rex",
        "!",
    ]


def test_capitals_are_set_by_rule():
    tokens = tokenise('why? "because," he said, "not yet." "oh!" cried she.')
    assert detokenise(tokens) == (
        'Why? "Because," he said, "not yet." "Oh!" cried she.'
    )


def test_words_are_counted_without_marks():
    assert count_words(tokenise("Well... 3 dogs' bones?!")) == 4


def test_nothing_gives_nothing():
    assert tokenise(" \n") == []
    assert detokenise([]) == ""
