import json

import pytest

from adversarial.messages import UserError
from textgan.reading import read_texts

JOKES = ["One, two.", 'She said "no".', "Third"]


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table(separator, newline="\n"):
    rows = ["ID{}Joke", '1{}"One, two."', '2{}"She said ""no""."', "3{}Third"]
    return newline.join(row.format(separator) for row in rows) + newline


def test_all_formats_give_the_same_texts(tmp_path):
    records = [json.dumps({"id": i, "joke": j}) for i, j in enumerate(JOKES)]
    files = [
        write(tmp_path / "a.csv", table(",")),
        write(tmp_path / "crlf.csv", table(",", "\r\n")),
        write(tmp_path / "bom.csv", "\ufeff" + table(",")),
        write(tmp_path / "a.tsv", table("\t")),
        write(tmp_path / "a.txt", "\n".join(JOKES)),
        write(tmp_path / "a.jsonl", "\n".join(records)),
    ]
    for path in files:
        rows = [(n, text.strip()) for n, text in read_texts(path)]
        assert rows == list(enumerate(JOKES, start=1)), path.name


def test_the_column_can_be_named(tmp_path):
    path = write(tmp_path / "a.csv", "Joke,Answer\nwhy,because\n")
    assert list(read_texts(path, "answer")) == [(1, "because")]


def test_a_blank_row_keeps_its_number(tmp_path):
    path = write(tmp_path / "a.csv", "ID,Joke\n1,one\n2,\n\n4,four\n")
    assert [t for _, t in read_texts(path)] == ["one", "", "", "four"]


def test_words_that_pandas_takes_for_missing_stay_words(tmp_path):
    path = write(tmp_path / "a.csv", "Joke\nNA\nnull\n007\n")
    assert [t for _, t in read_texts(path)] == ["NA", "null", "007"]


def test_rows_with_too_many_fields_are_counted(tmp_path, capsys):
    path = write(tmp_path / "a.csv", "ID,Joke\n1,one\n2,a,b\n3,three\n")
    assert [t for _, t in read_texts(path)] == ["one", "three"]
    assert "skipped 1 rows of a.csv" in capsys.readouterr().err


def test_another_encoding_is_read_when_named(tmp_path):
    path = write(tmp_path / "a.txt", "Café\n", "latin-1")
    assert [t.strip() for _, t in read_texts(path, None, "latin-1")] == ["Café"]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"ID,Line\n1,x\n", "no column Joke, only ID, Line"),
        ("a.csv", b"Joke\nCaf\xe9\n", "is not in utf-8"),
        ("a.txt", b"Caf\xe9\n", "is not in utf-8"),
        ("a.jsonl", b'{"joke": "x"}\n{"jo', "line 2 is not JSON"),
        ("a.jsonl", b'{"a": "x", "b": "y"}', "no column Joke"),
        ("a.docx", b"x", "is none of .csv"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=complaint):
        list(read_texts(path))


def test_an_unknown_encoding_is_one_sentence(tmp_path):
    path = write(tmp_path / "a.txt", "x")
    with pytest.raises(UserError, match="--encoding"):
        list(read_texts(path, None, "klingon"))
