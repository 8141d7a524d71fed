"""Heaps as h5py writes them, and such as cannot be walked."""

import struct

import h5py
import pytest

from gancore.saving.h5_heaps import check_heaps


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("lengths", [[], [0], [3, 4095, 17], [2**20, 5]])
def test_heaps_of_any_texts_are_walked(version, lengths, tmp_path):
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w", libver=version) as file:
        for i, length in enumerate(lengths):
            file.attrs[f"text{i}"] = "x" * length
        file.attrs["names"] = [f"a_layer_of_a_network_{i}" for i in range(2000)]
    data = path.read_bytes()
    assert data.count(b"GCOL") > 1
    check_heaps(data)


def heap(*parts):
    body = b"".join(
        struct.pack("<HH4xQ", number, 1, length) + bytes(-(-length // 8) * 8)
        for number, length in parts
    )
    return b"GCOL\1\0\0\0" + struct.pack("<Q", 16 + len(body)) + body


def test_numbers_that_look_like_a_heap_are_none():
    check_heaps(b"GCOL\1\0\0\0" + b"\xff" * 50)
    check_heaps(b"GCOL\1")


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
        check_heaps(data)
