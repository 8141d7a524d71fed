"""Tables for a terminal."""

from gancore.io.tables import as_text

ROWS = [
    {"name": "a", "one": 1.0, "two": 22.0, "three": None, "four": 4.0},
    {"name": "bb", "one": 10.0, "two": 2.0, "three": None, "four": 44.0},
]
DIGITS = dict.fromkeys(("one", "two", "three", "four"), 0)


def test_a_table_is_as_wide_as_it_is():
    assert as_text(ROWS, DIGITS).splitlines() == [
        "name  one  two  four",
        "a       1   22     4",
        "bb     10    2    44",
    ]


def test_a_wide_table_is_continued_below():
    lines = [
        "name  one  two",
        "a       1   22",
        "bb     10    2",
        "",
        "name  four",
        "a        4",
        "bb      44",
    ]
    # Its first piece has 14 columns, and the whole 20.
    for width in (14, 19):
        assert as_text(ROWS, DIGITS, width).splitlines() == lines
    assert as_text(ROWS, DIGITS, 20) == as_text(ROWS, DIGITS)


def test_a_piece_has_at_least_one_column():
    lines = as_text(ROWS, DIGITS, 3).splitlines()
    assert lines[0::4] == ["name  one", "name  two", "name  four"]
