"""What the tests of readers share."""

from __future__ import annotations

import pytest

from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import open_texts


@pytest.fixture
def save(tmp_path):
    """Writes a file: of text in an encoding, or of bytes."""

    def save(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            content = content.encode(encoding)
        path.write_bytes(content)
        return path

    return save


@pytest.fixture
def read(save):
    """Writes a file and returns its texts, without line breaks at the end."""

    def read(name, content, saved_in="utf-8", **options):
        file = open_texts(save(name, content, saved_in), ReadOptions(**options))
        records = list(file.records)
        assert [r.row for r in records] == list(range(1, len(records) + 1))
        return [r.left_out or r.text.rstrip("\r\n") for r in records]

    return read


@pytest.fixture
def found(save):
    """Writes a file and returns its format and columns, as they are said."""

    def found(name, content, saved_in="utf-8", **options):
        file = open_texts(save(name, content, saved_in), ReadOptions(**options))
        return f"{file.format}, {file.columns}"

    return found
