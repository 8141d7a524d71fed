"""Excel and Parquet, which need the extra `tables`."""

import datetime
import io

import pytest

from gancore.errors import UserError
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import open_texts

ROWS = [
    (1, "What is brown, and sticky?", "A stick."),
    (2, "What is red?\nAnd bad for teeth?", None),
    (3, None, None),
]


def excel(rows, header=("ID", "Setup", "Punchline")):
    openpyxl = pytest.importorskip("openpyxl", reason="needs openpyxl")
    book = openpyxl.Workbook()
    for row in [header, *rows] if header else rows:
        book.active.append(row)
    book.create_sheet("other").append(["not read"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet(**columns):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), file)
    return file.getvalue()


def test_excel(read, found):
    content = excel(ROWS)
    assert read("a.xlsx", content) == [ROWS[0][1], ROWS[1][1], ""]
    assert read("a.xlsx", content, columns=("setup", "punchline")) == [
        "What is brown, and sticky? A stick.",
        ROWS[1][1],
        "",
    ]
    assert found("a.xlsx", content) == 'Excel, column "Setup" of 3'
    # By its content, whatever its name.
    assert found("a.csv", content) == 'Excel, column "Setup" of 3'
    assert found("no_suffix", content) == 'Excel, column "Setup" of 3'


def test_excel_without_a_header(read):
    rows = [(datetime.date(2026, 11, 29), "One, two."), (1.5, "Three, four.")]
    assert read("a.xlsx", excel(rows, None)) == ["One, two.", "Three, four."]


def test_excel_with_a_password(read):
    pytest.importorskip("openpyxl", reason="needs openpyxl")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    name = "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(UserError, match="encrypted with a password; save"):
        read("a.xlsx", ole + name + bytes(100))
    with pytest.raises(UserError, match=r"an old .xls file; save it as"):
        read("a.xls", ole + bytes(200))


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(50), b"ID,Joke\n"])
def test_a_file_that_is_no_workbook(read, content):
    pytest.importorskip("openpyxl", reason="needs openpyxl")
    with pytest.raises(UserError, match="no Excel workbook, or a damaged one"):
        read("a.xlsx", content)


def test_a_workbook_that_is_cut_off(read):
    content = excel(ROWS)
    for part in (3, 2):
        with pytest.raises(UserError, match="no Excel workbook, or a damaged"):
            read("a.xlsx", content[: len(content) * part // 4])


def test_parquet(read, found):
    content = parquet(
        n=[1, 2, 3], setup=["One, two", None, ""], answer=["a", "b", None]
    )
    assert read("a.parquet", content) == ["One, two", "without text", ""]
    assert read("no_suffix", content, columns=("setup", "answer")) == [
        "One, two a",
        "b",
        "",
    ]
    assert found("a.parquet", content) == (
        'Parquet, column "setup" of 3 (others with texts: "answer")'
    )


def test_parquet_of_categories_and_many_rows(read):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    texts = [f"text {i % 7}" for i in range(10_000)]
    content = parquet(text=pa.array(texts).dictionary_encode())
    assert read("a.parquet", content) == texts


def test_parquet_of_images(read):
    image = [{"bytes": b"\x89PNG", "path": "a.png"}]
    content = parquet(image=image, label=[3])
    with pytest.raises(
        UserError, match=r"no column of texts, only image \(struct.*label \(int"
    ):
        read("a.parquet", content)
    with pytest.raises(UserError, match="column label holds int64 values"):
        read("a.parquet", content, columns=("label",))


def test_parquet_without_rows_or_columns(read, save):
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    content = parquet(text=["one"], n=[1])
    with pytest.raises(UserError, match="no column Joke, only text; name one"):
        read("a.parquet", content, columns=("Joke",))
    with pytest.raises(UserError, match="holds no rows"):
        read("a.parquet", parquet(text=pa.array([], pa.string())))
    with pytest.raises(UserError, match="no Parquet file, or a damaged one"):
        read("a.parquet", content[:-20])
    options = ReadOptions(encoding="cp1252", header="yes", separator="tab")
    file = open_texts(save("a.parquet", content), options)
    assert file.unused == {"encoding", "header", "separator"}
