"""Heaps and pointers of strings, as h5py writes them and when invalid."""

import struct
from collections import Counter
from pathlib import Path

import h5py
import pytest

import srgan
import textgan
from gancore.saving.h5_strings import check_heaps, check_pointers

TOO_LONG = "declares strings longer"


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("lengths", [[], [0], [3, 4095, 17], [2**20, 5]])
def test_valid_heaps_are_traversed(version, lengths, tmp_path):
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w", libver=version) as file:
        for i, length in enumerate(lengths):
            file.attrs[f"text{i}"] = "x" * length
        file.attrs["names"] = [f"a_layer_of_a_network_{i}" for i in range(2000)]
    data = path.read_bytes()
    assert data.count(b"GCOL") > 1
    check_heaps(data)


def heap(*objects):
    body = b"".join(
        struct.pack("<HH4xQ", index, 1, length) + bytes(-(-length // 8) * 8)
        for index, length in objects
    )
    return b"GCOL\1\0\0\0" + struct.pack("<Q", 16 + len(body)) + body


def test_numbers_that_resemble_a_heap_are_ignored():
    check_heaps(b"GCOL\1\0\0\0" + b"\xff" * 50)
    check_heaps(b"GCOL\1")


@pytest.mark.parametrize(
    "data",
    [
        heap((1, 8), (1, 8)),
        heap((1, 8)).replace(struct.pack("<Q", 8), struct.pack("<Q", 800)),
        b"".join(heap((1, 0)) for _ in range(1025)),
    ],
    ids=["duplicate index", "beyond the end", "many"],
)
def test_invalid_heaps_are_refused(data):
    with pytest.raises(ValueError):
        check_heaps(data)


def write(path, version, strings):
    with h5py.File(path, "w", libver=version) as file:
        file.create_group("layer").attrs.update(strings)
    return path.read_bytes()


def with_length(image, string, length, heap=None):
    """Changes the length in the pointer to a string, wherever that lies."""
    address = image.index(b"GCOL")
    for index in range(1, 99):
        pointer = struct.pack("<IQI", len(string), address, index)
        if image.count(pointer) == 1:
            new = struct.pack("<IQI", length, heap or address, index)
            return image.replace(pointer, new)
    raise AssertionError("the string has no pointer")


@pytest.mark.parametrize("version", ["earliest", "v110", "latest"])
# HDF5 keeps more than eight attributes in a fractal heap.
@pytest.mark.parametrize("others", [0, 20])
@pytest.mark.parametrize("name", ["weight_names", "n", "größe"])
@pytest.mark.parametrize("heap", [None, 8, 2**60])
def test_pointers_are_found_in_every_layout(
    tmp_path, version, others, name, heap
):
    string = "x" * 1234
    strings = {name: ["conv", string, ""]}
    strings.update({f"other{i}": "y" * i for i in range(others)})
    image = write(tmp_path / "valid.h5", version, strings)
    names = Counter(name.encode() for name in strings)
    check_pointers(image, names)
    for length in (len(image), 2**31, 2**32 - 1):
        damaged = with_length(image, string, length, heap)
        with pytest.raises(ValueError, match=TOO_LONG):
            check_pointers(damaged, names)
    # Less than the file is harmless, and HDF5 reports it.
    check_pointers(with_length(image, string, 1235, heap), names)


def test_each_pointer_to_one_string_counts(tmp_path):
    image = write(tmp_path / "many.h5", "latest", {"n": ["", "x" * 3000, ""]})
    check_pointers(image, {b"n": 1})
    at = image.index(struct.pack("<I", 3000))
    pointer = image[at : at + 16]
    for copies in (2, 3):
        image = image[: at - 16] + pointer * copies + image[at + 32 :]
    with pytest.raises(ValueError, match=TOO_LONG):
        check_pointers(image, {b"n": 1})


def test_overwritten_attributes_are_harmless(tmp_path):
    path = tmp_path / "again.h5"
    with h5py.File(path, "w") as file:
        for i in range(30):
            file.attrs["text"] = "x" * 100 * i
            file.attrs["number"] = i
        del file.attrs["number"]
        file.attrs.modify("text", "short")
    check_pointers(path.read_bytes(), {b"text": 1})


def test_pointers_that_cannot_be_checked_are_refused(tmp_path):
    path = tmp_path / "shared.h5"
    with h5py.File(path, "w") as file:
        file["dtype"] = h5py.string_dtype()
        file.attrs.create("text", "x" * 50, dtype=file["dtype"])
        del file["dtype"]
    with pytest.raises(ValueError, match=r"shared datatype|cannot be found"):
        check_pointers(path.read_bytes(), {b"text": 1})
    valid = write(tmp_path / "valid.h5", "latest", {"text": "x"})
    with pytest.raises(ValueError, match="cannot be found"):
        check_pointers(valid, {b"text": 2})
    with pytest.raises(ValueError, match="too many names"):
        check_pointers(valid, {str(i).encode(): 1 for i in range(65)})
    # As if the fractal heap of its many attributes had a filter.
    strings = {f"text{i}": "x" for i in range(20)}
    dense = write(tmp_path / "dense.h5", "latest", strings)
    at = dense.index(b"FRHP") + 7
    compressed = dense[:at] + b"\1\0" + dense[at + 2 :]
    with pytest.raises(ValueError, match="compressed"):
        check_pointers(compressed, {b"text0": 1})


def test_pretrained_weights_pass():
    for package in (srgan, textgan):
        for path in Path(package.__file__).parent.glob("weights/*.h5"):
            with h5py.File(path) as file:
                present = {name.encode() for name in file.attrs}
            names = present & {b"keras_version", b"backend", b"model_config"}
            check_pointers(path.read_bytes(), dict.fromkeys(names, 1))
