"""Which columns are read, and how it is said."""

import pytest

from gancore.errors import UserError
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import open_texts

SETUPS = ["What is brown and sticky?", "What is red and bad for teeth?"]
TABLE = (
    "id,title,body,url\n"
    f"1,{SETUPS[0]},A stick.,https://example.com/{'a' * 200}\n"
    f"2,{SETUPS[1]},A brick.,https://example.com/{'b' * 200}\n"
)


def test_a_usual_name_comes_first_and_others_are_said(read, found):
    assert read("a.csv", TABLE) == ["A stick.", "A brick."]
    assert found("a.csv", TABLE) == (
        'separated by commas, column "body" of 4 (others with texts: "title")'
    )


def test_the_longest_distinct_texts_are_found(read, found):
    table = TABLE.replace("body", "reply")
    assert read("a.csv", table) == SETUPS
    assert found("a.csv", table).startswith(
        'separated by commas, column "title" of 4'
    )
    same = "the same long words in all of the rows"
    rows = "".join(f"{same}|text {i}|{i}\n" for i in range(40))
    assert read("a.csv", "k|v|n\n" + rows)[:2] == ["text 0", "text 1"]


def test_a_usual_name_without_letters_is_not_chosen(read):
    assert read("a.csv", "text,words\n1,one\n2,two\n") == ["one", "two"]


def test_columns_are_joined_in_the_order_given(read, found):
    columns = ("title", "body")
    joined = [f"{SETUPS[0]} A stick.", f"{SETUPS[1]} A brick."]
    assert read("a.csv", TABLE, columns=columns) == joined
    assert read("a.csv", TABLE, columns=("BODY", "id"), join_with=" / ") == [
        "A stick. / 1",
        "A brick. / 2",
    ]
    assert 'columns "title" and "body" of 4' in found(
        "a.csv", TABLE, columns=columns
    )
    # A value that is missing brings no separator.
    table = "title,body\nonly,\n,other\n,\nboth,of them\n"
    assert read("a.csv", table, columns=columns, join_with=" - ") == [
        "only",
        "other",
        "",
        "both - of them",
    ]


def test_columns_without_a_header_have_numbers(read):
    assert read("a.tsv", "0.5\tone\n1.5\ttwo\n", columns=("1",)) == [
        "0.5",
        "1.5",
    ]


def test_the_exact_name_of_a_column_comes_first(read):
    table = "joke,Joke, Text \na,b,c\n"
    assert read("a.csv", table, columns=("joke",)) == ["a"]
    assert read("a.csv", table, columns=("Joke",)) == ["b"]
    assert read("a.csv", table, columns=("text",)) == ["c"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "ID,Text\n1,x\n"),
        ("a.jsonl", '{"ID": 1, "Text": "x"}\n'),
        ("a.json", '[{"ID": 1, "Text": "x"}]'),
    ],
)
def test_a_column_that_does_not_exist_raises(read, name, content):
    with pytest.raises(UserError, match="no column Joke, only ID, Text; name"):
        read(name, content, columns=("Joke",))


def test_names_are_printed_without_control_characters(read):
    content = '{"ID": "a", "\\u001b[2J\\u009bx": "b"}'
    with pytest.raises(UserError, match=r"only ID, \?\[2J\?x; name one"):
        read("a.jsonl", content, columns=("Joke",))


@pytest.mark.parametrize(
    ("name", "content", "options", "flag"),
    [
        ("a.txt", "one\ntwo\n", {"columns": ("x",)}, "text_column"),
        ("a.json", '["one"]', {"columns": ("x",)}, "text_column"),
        ("a.json", '["one"]', {"separator": "tab"}, "separator"),
        ("a.jsonl", '{"text": "one"}', {"header": "no"}, "header"),
    ],
)
def test_a_flag_that_does_not_apply_is_named(
    save, name, content, options, flag
):
    file = open_texts(save(name, content), ReadOptions(**options))
    assert file.unused == {flag}


def test_a_separator_that_is_not_there_raises(read):
    with pytest.raises(UserError, match="--separator pipe: there is none in"):
        read("a.csv", "a,b\n1,2\n", separator="pipe")
