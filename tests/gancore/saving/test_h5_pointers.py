"""Attributes whose texts are said to be longer than the file."""

import struct
from collections import Counter
from pathlib import Path

import h5py
import pytest

import srgan
import textgan
from gancore.saving.h5_pointers import check_pointers

FOUND = "said to be longer"


def write(path, version, texts):
    with h5py.File(path, "w", libver=version) as file:
        file.create_group("layer").attrs.update(texts)
    return path.read_bytes()


def with_length(image, text, said, heap=None):
    """Changes the pointer to a text, wherever that lies."""
    place = image.index(b"GCOL")
    number = 1
    while True:
        pointer = struct.pack("<IQI", len(text), place, number)
        if image.count(pointer) == 1:
            new = struct.pack("<IQI", said, heap or place, number)
            return image.replace(pointer, new)
        number += 1
        assert number < 99


@pytest.mark.parametrize("version", ["earliest", "v110", "latest"])
# Of more than eight HDF5 keeps attributes in a heap of their own.
@pytest.mark.parametrize("others", [0, 20])
@pytest.mark.parametrize("name", ["weight_names", "n", "größe"])
@pytest.mark.parametrize("heap", [None, 8, 2**60])
def test_lengths_are_found_in_every_layout(
    tmp_path, version, others, name, heap
):
    text = "x" * 1234
    texts = {name: ["conv", text, ""]}
    texts.update({f"other{i}": "y" * i for i in range(others)})
    image = write(tmp_path / "good.h5", version, texts)
    names = Counter(name.encode() for name in texts)
    check_pointers(image, names)
    for said in (len(image), 2**31, 2**32 - 1):
        damaged = with_length(image, text, said, heap)
        with pytest.raises(ValueError, match=FOUND):
            check_pointers(damaged, names)
    # Less than the file is no harm, and HDF5's to tell.
    check_pointers(with_length(image, text, 1235, heap), names)


def test_many_pointers_to_one_text_count_each(tmp_path):
    image = write(tmp_path / "many.h5", "latest", {"n": ["", "x" * 3000, ""]})
    check_pointers(image, {b"n": 1})
    at = image.index(struct.pack("<I", 3000))
    pointer = image[at : at + 16]
    for copies in (2, 3):
        image = image[: at - 16] + pointer * copies + image[at + 32 :]
    with pytest.raises(ValueError, match=FOUND):
        check_pointers(image, {b"n": 1})


def test_what_was_written_over_is_no_harm(tmp_path):
    path = tmp_path / "again.h5"
    with h5py.File(path, "w") as file:
        for i in range(30):
            file.attrs["text"] = "x" * 100 * i
            file.attrs["number"] = i
        del file.attrs["number"]
        file.attrs.modify("text", "short")
    check_pointers(path.read_bytes(), {b"text": 1})


def test_what_cannot_be_looked_at_is_refused(tmp_path):
    path = tmp_path / "shared.h5"
    with h5py.File(path, "w") as file:
        file["kind"] = h5py.string_dtype()
        kind = file["kind"]
        file.attrs.create("text", "x" * 50, dtype=kind)
        del file["kind"]
    with pytest.raises(ValueError, match=r"shares its kind|cannot be found"):
        check_pointers(path.read_bytes(), {b"text": 1})
    good = write(tmp_path / "good.h5", "latest", {"text": "x"})
    with pytest.raises(ValueError, match="cannot be found"):
        check_pointers(good, {b"text": 2})
    with pytest.raises(ValueError, match="too many names"):
        check_pointers(good, {str(i).encode(): 1 for i in range(65)})
    # As if the heap of its many attributes had a filter.
    texts = {f"text{i}": "x" for i in range(20)}
    dense = write(tmp_path / "dense.h5", "latest", texts)
    at = dense.index(b"FRHP") + 7
    packed = dense[:at] + b"\1\0" + dense[at + 2 :]
    with pytest.raises(ValueError, match="compressed"):
        check_pointers(packed, {b"text0": 1})


def test_all_weights_that_come_along_pass():
    for package in (srgan, textgan):
        for path in Path(package.__file__).parent.glob("weights/*.h5"):
            texts = Counter()
            with h5py.File(path) as file:
                texts.update(name.encode() for name in file.attrs)
            texts = {
                name: 1
                for name in texts
                if name in (b"keras_version", b"backend", b"model_config")
            }
            check_pointers(path.read_bytes(), texts)
