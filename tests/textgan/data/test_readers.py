import json

import pytest

from gancore.errors import UserError
from textgan.data.readers import read_texts

JOKES = ["One, two.", 'She said "no".', "Third"]


def save(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table(separator, newline="\n"):
    rows = ["ID{}Joke", '1{}"One, two."', '2{}"She said ""no""."', "3{}Third"]
    return newline.join(row.format(separator) for row in rows) + newline


def test_all_formats_give_the_same_texts(tmp_path):
    records = [json.dumps({"id": i, "joke": j}) for i, j in enumerate(JOKES)]
    files = [
        save(tmp_path / "a.csv", table(",")),
        save(tmp_path / "crlf.csv", table(",", "\r\n")),
        save(tmp_path / "bom.csv", "\ufeff" + table(",")),
        save(tmp_path / "a.tsv", table("\t")),
        save(tmp_path / "a.txt", "\n".join(JOKES)),
        save(tmp_path / "a.jsonl", "\n".join(records)),
    ]
    for path in files:
        rows = [(n, text.strip()) for n, text in read_texts(path)]
        assert rows == list(enumerate(JOKES, start=1)), path.name


def test_the_column_can_be_named(tmp_path):
    path = save(tmp_path / "a.csv", "Joke,Answer\nwhy,because\n")
    assert list(read_texts(path, "answer")) == [(1, "because")]


def test_a_blank_row_keeps_its_number(tmp_path):
    path = save(tmp_path / "a.csv", "ID,Joke\n1,one\n2,\n\n4,four\n")
    assert [t for _, t in read_texts(path)] == ["one", "", "", "four"]


def test_words_that_look_like_missing_values_are_kept(tmp_path):
    path = save(tmp_path / "a.csv", "Joke\nNA\nnull\n007\n")
    assert [t for _, t in read_texts(path)] == ["NA", "null", "007"]


@pytest.mark.parametrize("bad", ["2,a,b", '2,"a"b', '2,"a" b",c'])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_malformed_rows_are_counted(tmp_path, capsys, bad, place):
    rows = ["1,one", "3,three"]
    rows.insert(place, bad)
    path = save(tmp_path / "a.csv", "\n".join(["ID,Joke", *rows, ""]))
    assert [t for _, t in read_texts(path)] == ["one", "three"]
    message = capsys.readouterr().err
    assert f"skipped 1 rows of a.csv that do not fit its header, the first " \
        f"in line {place + 2}" in message  # fmt: skip


def test_an_unclosed_quotation_raises(tmp_path):
    path = save(tmp_path / "a.csv", 'Joke\none\n"two\nthree\nfour\n')
    with pytest.raises(UserError, match="line 3 opens a field that never ends"):
        list(read_texts(path))


def test_json_arrays_and_bare_strings_are_read(tmp_path):
    for name, value in (
        ("a.json", [{"joke": "one"}, {"other": 1}, {"joke": None}, "two"]),
        ("b.json", ["one", 1, [], "two"]),
    ):
        path = save(tmp_path / name, json.dumps(value, indent=1))
        assert [t for _, t in read_texts(path)] == ["one", "0", "0", "two"]


def test_the_exact_name_of_a_column_comes_first(tmp_path):
    path = save(tmp_path / "a.csv", "joke,Joke, Text \na,b,c\n")
    assert list(read_texts(path, "joke")) == [(1, "a")]
    assert list(read_texts(path, "Joke")) == [(1, "b")]
    assert list(read_texts(path, "text")) == [(1, "c")]


def test_another_encoding_is_read_when_named(tmp_path):
    path = save(tmp_path / "a.txt", "Café\n", "latin-1")
    assert [t.strip() for _, t in read_texts(path, None, "latin-1")] == ["Café"]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b'"Joke\n1', "has no header"),
        ("a.csv", b"ID,Line\n1,x\n", "no column Joke, only ID, Line"),
        ("a.csv", b"Joke\nCaf\xe9\n", "is not in utf-8"),
        ("a.txt", b"Caf\xe9\n", "is not in utf-8"),
        ("a.jsonl", b'{"joke": "x"}\n{"jo', "line 2 is not JSON"),
        ("a.jsonl", b'"x"\n' + b"{" * 9, "line 2 is not JSON"),
        ("a.json", b"[" * 200_000, "is not JSON"),
        ("a.jsonl", b'{"a": "x", "b": "y"}', "no column Joke"),
        ("a.docx", b"x", "in none of the formats .csv"),
    ],
)
def test_a_bad_file_raises(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=complaint):
        list(read_texts(path))


@pytest.mark.parametrize("encoding", ["klingon", "utf\0"])
def test_an_unknown_encoding_raises(tmp_path, encoding):
    path = save(tmp_path / "a.txt", "x")
    with pytest.raises(UserError, match="--encoding"):
        list(read_texts(path, None, encoding))


def test_column_names_are_printed_without_control_characters(tmp_path):
    path = save(tmp_path / "a.csv", "ID,\x1b[2J\x9bx\n1,2\n")
    with pytest.raises(UserError, match=r"only ID, \?\[2J\?x; name it"):
        list(read_texts(path))
