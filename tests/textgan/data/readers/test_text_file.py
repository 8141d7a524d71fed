import gzip
import io
import json
import types
from pathlib import Path

import pytest

from gancore.errors import UserError
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import open_texts, read_texts

JOKES = ["One, two.", 'She said "no".', "Third"]


def table(separator, newline="\n"):
    rows = ["ID{}Joke", '1{}"One, two."', '2{}"She said ""no""."', "3{}Third"]
    return newline.join(row.format(separator) for row in rows) + newline


FILES = {
    "a.csv": table(","),
    "crlf.csv": table(",", "\r\n"),
    "a.tsv": table("\t"),
    "a.txt": "\n".join(JOKES),
    "a.jsonl": "\n".join(
        json.dumps({"id": i, "joke": j}) for i, j in enumerate(JOKES)
    ),
    "a.json": json.dumps({"jokes": JOKES}),
}


@pytest.mark.parametrize("name", FILES)
def test_all_formats_give_the_same_texts(read, name):
    assert read(name, FILES[name]) == JOKES
    packed = gzip.compress(FILES[name].encode())
    assert read(f"{name}.gz", packed) == JOKES


@pytest.mark.parametrize("name", FILES)
def test_standard_input_is_read_by_its_content(monkeypatch, name):
    data = io.BytesIO(FILES[name].encode())
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=data))
    texts = [text.strip() for _, text in read_texts(Path("-"))]
    assert texts == JOKES


def test_each_file_of_a_folder_is_a_text(save, tmp_path):
    save("poems/b.txt", "Roses are red,\nviolets are blue.\n")
    save("poems/a.txt", "Grüße\n", "cp1252")
    save("poems/c.TXT", "")
    save("poems/notes.md", "not read")
    file = open_texts(tmp_path / "poems")
    assert [r.text for r in file.records] == [
        "Grüße\n",
        "Roses are red,\nviolets are blue.\n",
        "",
    ]
    assert file.format == "folder of 3 .txt files"


def test_read_texts_leaves_out_what_cannot_be_read(save):
    path = save("a.csv", 'ID,Joke\n1,"one"\n2,a,b\n3,three\n')
    assert list(read_texts(path)) == [(1, "one"), (3, "three")]
    with pytest.raises(UserError, match="--text_column does not apply to"):
        list(read_texts(save("a.txt", "x"), ReadOptions(columns=("a",))))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.txt", b"\xff\xfe", "is empty"),
        ("a.csv", b"sep=;\r\n", "is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        (
            "a.csv.gz",
            gzip.compress(b"Joke\nabc\n" * 99, mtime=0)[:30],
            "incomplete gzip",
        ),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(99), "is a PNG image, not a fi"),
        ("a.csv", b"\xff\xd8\xff\xe0" + bytes(99), "is a JPEG image"),
        ("a.docx", b"PK\x03\x04" + bytes(99), "is a ZIP archive, not a file"),
        ("a.csv", bytes(range(256)) * 9, "is a binary file"),
        ("a.csv", b"n\n1\n2.5\n3\n", "no texts: no letters in its only column"),
        ("a.csv", b"a,b\n1,2\n3,4\n", "no letters in its columns a, b"),
        ("a.csv", b"ID,Joke\n", "holds a header and no rows: ID, Joke"),
        (
            "a.csv",
            b"ID,Joke\n" + b'1,"a, b"\n' * 30 + b'2,"c, d\n3,e\n',
            "mark in line 32 opens a field that never ends; close it",
        ),
    ],
)
def test_a_bad_file_raises(read, name, content, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        read(name, content)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_raises(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*a.csv: No such file"):
        open_texts(tmp_path / "a.csv")
