"""Encodings are found by the bytes of a file, and said."""

import codecs

import pytest

from gancore.errors import UserError
from textgan.data.readers import encodings

TEXT = "Café “yes” — naïve\nÜber alles, the plain words\n"
LINES = TEXT.splitlines()


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "lines, None"),
        ("utf-8", codecs.BOM_UTF8, "lines, None"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "lines, UTF-16, None"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "lines, UTF-16, None"),
        ("utf-16-le", b"", "lines, UTF-16-LE, None"),
        ("utf-16-be", b"", "lines, UTF-16-BE, None"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "lines, UTF-32, None"),
        ("cp1252", b"", "lines, Windows-1252, None"),
    ],
)
def test_an_encoding_is_found_and_said(read, found, encoding, mark, said):
    content = mark + TEXT.encode(encoding)
    assert read("a.txt", content) == LINES
    assert found("a.txt", content) == said


def test_a_table_of_excel_on_windows(read, found):
    table = "ID;Joke\r\n1;Grüße, Müller\r\n2;12 €\r\n"
    texts = ["Grüße, Müller", "12 €"]
    assert read("a.csv", table, "cp1252") == texts
    assert read("a.csv", table, "utf-16") == texts
    assert read("a.csv", table, "utf-8-sig") == texts
    assert found("a.csv", table, "cp1252") == (
        'separated by semicolons, Windows-1252, column "Joke" of 2'
    )


def test_the_last_bytes_count(read):
    lines = ["plain words"] * 20_000 + ["Café"]
    assert read("a.txt", "\n".join(lines), "cp1252")[-1] == "Café"
    assert read("b.txt", "\n".join(lines), "utf-8")[-1] == "Café"


def test_another_encoding_is_read_when_named(read):
    russian = "Почему курица перешла дорогу?"
    assert read("a.txt", russian, "cp1251", encoding="cp1251") == [russian]
    with pytest.raises(UserError, match="in none of UTF-8, UTF-16 and Win"):
        read("a.txt", russian, "cp1251")
    with pytest.raises(UserError, match="is not in UTF-8"):
        read("a.txt", "Café", "cp1252", encoding="utf-8")


def test_mixed_encodings_are_named_by_lines(read):
    content = b"plain\n" + "Café\n".encode() + "Café\n".encode("cp1252")
    with pytest.raises(UserError, match="line 2 is in UTF-8 and line 3 is not"):
        read("a.txt", content)


@pytest.mark.parametrize("encoding", ["klingon", "utf\0", "base64"])
def test_an_unknown_encoding_raises(read, encoding):
    with pytest.raises(UserError, match="--encoding"):
        read("a.txt", "x", encoding=encoding)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json"])
def test_an_endless_line_raises(read, monkeypatch, name):
    monkeypatch.setattr(encodings, "MAX_LINE", 1000)
    monkeypatch.setattr("textgan.data.readers.json_stream.MAX_LINE", 1000)
    content = '["' * name.endswith(".json") + "word " * 300
    with pytest.raises(UserError, match="1,000 characters"):
        read(name, content)
