"""The lengths of texts, against those that h5py reads."""

import struct

import h5py
import numpy as np
import pytest

from adversarial.heaps import longest_text


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("lengths", [[], [0], [3, 4095, 17], [2**20, 5]])
def test_the_longest_text_is_found(version, lengths, tmp_path):
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w", libver=version) as file:
        for i, length in enumerate(lengths):
            file.attrs[f"text{i}"] = "x" * length
        # In some files a heap lies at 2048, and this shape is no pointer.
        file["numbers"] = np.zeros((2048, 3), np.int8)
    assert longest_text(path.read_bytes()) == max(lengths, default=0)


def test_many_short_texts_fill_many_heaps(tmp_path):
    path = tmp_path / "texts.h5"
    names = [f"a_layer_of_a_network_{i}" for i in range(2000)]
    with h5py.File(path, "w") as file:
        file.attrs["names"] = names
    data = path.read_bytes()
    assert data.count(b"GCOL") > 1
    assert longest_text(data) == len(names[-1])


def heap(*parts):
    body = b"".join(
        struct.pack("<HH4xQ", number, 1, length) + bytes(-(-length // 8) * 8)
        for number, length in parts
    )
    return b"GCOL\1\0\0\0" + struct.pack("<Q", 16 + len(body)) + body


def test_numbers_that_look_like_a_heap_are_none():
    assert longest_text(b"GCOL\1\0\0\0" + b"\xff" * 50) == 0
    assert longest_text(b"GCOL\1") == 0


@pytest.mark.parametrize(
    "data",
    [
        heap((1, 8), (1, 8)),
        heap((1, 8)).replace(struct.pack("<Q", 8), struct.pack("<Q", 800)),
        b"".join(heap((1, 0)) for _ in range(1025)),
    ],
    ids=["twice", "beyond the end", "many"],
)
def test_what_would_take_long_to_walk_is_refused(data):
    with pytest.raises(ValueError):
        longest_text(data)
