"""Crafted and damaged files, none of which gets as far as Keras."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving import h5_inspection
from gancore.saving.safe_h5 import MOST_BYTES, open_checked

KERNEL = "model_weights/head/head/kernel:0"
LAYER = "model_weights/head"


def replaced(file, path=KERNEL):
    """Takes an array away and gives its group, name, shape and values."""
    array = file[path]
    group, name, values = array.parent, path.rsplit("/", 1)[1], array[:]
    del group[name]
    return group, name, values


def soft_link(file, secret):
    group, name, values = replaced(file)
    group["elsewhere"] = values
    group[name] = h5py.SoftLink(f"{group.name}/elsewhere")


def soft_link_to_nothing(file, secret):
    file["dangling"] = h5py.SoftLink("/nowhere")


def soft_link_to_a_group(file, secret):
    file.move("model_weights/head", "head")
    file["model_weights/head"] = h5py.SoftLink("/head")


def external_link(file, secret):
    group, name, _ = replaced(file)
    group[name] = h5py.ExternalLink(str(secret), "/")


def external_link_nobody_asks_for(file, secret):
    file["unused"] = h5py.ExternalLink(str(secret), "/")


def external_group(file, secret):
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink(str(secret), "/model_weights")


def external_data(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(
        name, values.shape, "<f4", external=[(str(secret), 0, values.nbytes)]
    )


def virtual(file, secret):
    group, name, values = replaced(file)
    layout = h5py.VirtualLayout(values.shape, "<f4")
    layout[:] = h5py.VirtualSource(str(secret), "x", values.shape)
    group.create_virtual_dataset(name, layout)


def virtual_without_end(file, secret):
    layout = h5py.VirtualLayout((4,), "<f4", maxshape=(None,))
    source = h5py.VirtualSource(str(secret), "x", (4,), maxshape=(None,))
    endless = h5py.h5s.UNLIMITED
    layout[0:endless] = source[0:endless]
    file.create_virtual_dataset("unused", layout)


def virtual_of_itself(file, secret):
    group, name, values = replaced(file)
    group["other"] = values
    layout = h5py.VirtualLayout(values.shape, "<f4")
    layout[:] = h5py.VirtualSource(".", f"{group.name}/other", values.shape)
    group.create_virtual_dataset(name, layout)


def never_written(file, secret):
    group, name, _ = replaced(file)
    group.create_dataset(name, (2**20, 2**20), "<f4")


def never_written_and_small(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(name, values.shape, "<f4")


def chunks_that_are_missing(file, secret):
    group, name, _ = replaced(file)
    array = group.create_dataset(name, (2**20, 2**20), "<f4", chunks=(16, 16))
    array[:16, :16] = 1


def one_huge_chunk(file, secret):
    group, name, _ = replaced(file)
    group.create_dataset(
        name, (1,), "<f4", maxshape=(None,), chunks=(2**29,), fillvalue=1
    )


def compressed(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(name, data=values, compression="gzip")


def compressed_nothing(file, secret):
    group, name, _ = replaced(file)
    group.create_dataset(
        name, data=np.zeros(2**22, "<f4"), compression="gzip", chunks=(2**22,)
    )


def other_compression(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(name, data=values, compression="lzf")


def shuffled(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(name, data=values, shuffle=True)


def summed(file, secret):
    group, name, values = replaced(file)
    group.create_dataset(name, data=values, fletcher32=True)


def plugin(file, secret):
    """A filter that HDF5 would look for among its plugins."""
    group, name, values = replaced(file)
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk(values.shape)
    made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    space = h5py.h5s.create_simple(values.shape)
    h5py.h5d.create(
        group.id, name.encode(), h5py.h5t.IEEE_F32LE, space, dcpl=made
    )


def second_link(file, secret):
    file["again"] = file[KERNEL]


def group_in_itself(file, secret):
    file["model_weights/head/inside"] = file["model_weights/head"]


def root_in_a_group(file, secret):
    file["model_weights/root"] = file["/"]


def two_groups_in_each_other(file, secret):
    file["a/b"] = file.create_group("b")
    file["b/a"] = file["a"]


def reference_attribute(file, secret):
    file.attrs["points"] = file[KERNEL].ref


def region_attribute(file, secret):
    region = file[KERNEL].regionref[:1]
    file.attrs.create("points", region, dtype=h5py.regionref_dtype)


def references(file, secret):
    file.create_dataset("points", data=[file.ref], dtype=h5py.ref_dtype)


def compound(file, secret):
    file["points"] = np.zeros(3, [("x", "<f4"), ("y", "<i4")])


def ragged(file, secret):
    file.create_dataset("points", (2,), h5py.vlen_dtype(np.int32))
    file["points"][0] = [1, 2, 3]


def texts(file, secret):
    file["points"] = ["some", "text"]


def opaque(file, secret):
    file["points"] = np.void(b"anything")


def long_doubles(file, secret):
    file["points"] = np.zeros(3, np.longdouble)


def no_values(file, secret):
    file["points"] = h5py.Empty("<f4")


def named_type(file, secret):
    file["kind"] = np.dtype("<f8")


def table_attribute(file, secret):
    file.attrs["table"] = np.zeros((2, 2))


def compound_attribute(file, secret):
    file.attrs["record"] = np.zeros((), [("x", "<f4")])


def ragged_attribute(file, secret):
    kind = h5py.vlen_dtype(np.int32)
    value = np.empty(1, object)
    value[0] = np.arange(3, dtype=np.int32)
    file[LAYER].attrs.create("ragged", value, dtype=kind)


def attribute_of_an_array(file, secret):
    file[KERNEL].attrs["points"] = file.ref


def deep(file, secret):
    file.create_group("/".join("a" * 40))


def weights_listed_twice(file, secret):
    attributes = file[LAYER].attrs
    attributes["weight_names"] = [*attributes["weight_names"]] * 1000


def weights_listed_in_two_parts(file, secret):
    attributes = file[LAYER].attrs
    attributes["weight_names0"] = attributes["weight_names"]


def weights_listed_in_two_layers(file, secret):
    file["model_weights"].attrs["weight_names"] = ["head/head/kernel:0"]


def weights_of_no_array(file, secret):
    file[LAYER].attrs["weight_names"] = ["head/absent", "head/bias:0"]


def weights_by_a_detour(file, secret):
    file[LAYER].attrs["weight_names"] = ["head/./kernel:0", "head/bias:0"]


def weights_outside(file, secret):
    file[LAYER].attrs["weight_names"] = [str(secret), "head/bias:0"]


def layers_listed_twice(file, secret):
    attributes = file["model_weights"].attrs
    attributes["layer_names"] = [*attributes["layer_names"], "head"]


def layer_of_no_group(file, secret):
    attributes = file["model_weights"].attrs
    attributes["layer_names"] = [*attributes["layer_names"], "absent"]


def list_that_is_one_word(file, secret):
    file[LAYER].attrs["weight_names"] = "head"


def list_of_numbers(file, secret):
    file[LAYER].attrs["weight_names"] = np.arange(3)


def name_without_end(file, secret):
    file[LAYER].attrs["weight_names"] = ["head/" + "k" * 5000]


KINDS = {
    soft_link: "kernel:0 is a soft link",
    soft_link_to_nothing: "dangling is a soft link",
    soft_link_to_a_group: "head is a soft link",
    external_link: "kernel:0 is a link to another file",
    external_link_nobody_asks_for: "unused is a link to another file",
    external_group: "model_weights is a link to another file",
    external_data: "kernel:0 has its data in another file",
    virtual: "kernel:0 is a virtual array",
    virtual_without_end: "unused is a virtual array",
    virtual_of_itself: "kernel:0 is a virtual array",
    never_written: "declared larger than what is stored",
    never_written_and_small: "declared larger than what is stored",
    chunks_that_are_missing: "declared larger than what is stored",
    one_huge_chunk: "declared larger than what is stored",
    compressed: "kernel:0 is compressed",
    compressed_nothing: "kernel:0 is compressed",
    other_compression: "kernel:0 is compressed",
    shuffled: "kernel:0 is compressed",
    summed: "kernel:0 is compressed",
    plugin: "kernel:0 is compressed",
    second_link: "is a second link to the same",
    group_in_itself: "is a second link to the same",
    root_in_a_group: "root is a second link to the same",
    two_groups_in_each_other: "is a second link to the same",
    reference_attribute: "attribute points of / is neither",
    region_attribute: "attribute points of / is neither",
    references: "/points holds something other than numbers",
    compound: "/points holds something other than numbers",
    ragged: "/points holds something other than numbers",
    texts: "/points holds something other than numbers",
    opaque: "/points holds something other than numbers",
    long_doubles: "/points holds something other than numbers",
    no_values: "",
    named_type: "kind is neither a group nor an array",
    table_attribute: "attribute table of / is a table",
    compound_attribute: "attribute record of / is neither",
    ragged_attribute: "attribute ragged of .*head is neither",
    attribute_of_an_array: "attribute points of .*kernel:0 is neither",
    deep: "groups lie more than 32 deep",
    weights_listed_twice: "lists the same weights more than once",
    weights_listed_in_two_parts: "lists the same weights more than once",
    weights_listed_in_two_layers: "lists the same weights more than once",
    weights_of_no_array: "head/absent is listed and not there",
    weights_by_a_detour: "kernel:0 is listed and not there",
    weights_outside: "secret.txt is listed and not there",
    layers_listed_twice: "lists the same weights more than once",
    layer_of_no_group: "absent is listed and not there",
    list_that_is_one_word: "weight_names of .* is no list",
    list_of_numbers: "head/0 is listed and not there",
    name_without_end: "holds a name that is too long",
}


def test_the_good_file_loads(good, load):
    assert (
        load(good).count_params() == 3 * 3 * 3 * 4 + 4 + 4 + 4 * 4 * 4 * 3 + 3
    )


def test_the_guard_sees_what_hdf5_reads(guard, good):
    """Of a file that nobody looked at first."""
    with h5py.File(good, "r+") as file:
        external_data(file, guard.secret)
    assert not guard.was_read()
    with h5py.File(good, "r") as file:
        assert file[KERNEL][0, 0, 0, 1] == 1.0
    assert guard.was_read()


@pytest.mark.parametrize(
    ("spoil", "message"),
    KINDS.items(),
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_no_network_needs_is_refused(spoil, message, good, guard, load):
    with h5py.File(good, "r+") as file:
        spoil(file, guard.secret)
    with pytest.raises(UserError, match=rf"model\.h5 .*{message}"):
        load(good)


def test_a_link_of_a_users_kind_is_refused(good, guard, load):
    with h5py.File(good, "r+") as file:
        file["user"] = h5py.ExternalLink("a file of no one", "/a/path")
    data = bytearray(good.read_bytes())
    # The kind, then the length of the name and the name itself.
    at = data.index(b"\x40\x04user")
    data[at] = 200
    good.write_bytes(data)
    with pytest.raises(UserError, match=r"user is a link of an unknown kind"):
        load(good)


@pytest.mark.parametrize("size", [0, 2**40, 2**64 - 8])
def test_a_heap_without_end_is_refused(size, good, load):
    """HDF5 1.14.6 reads the first of these for ever."""
    data = bytearray(good.read_bytes())
    left_over = data.index(b"GCOL\1") + 16
    while any(data[left_over : left_over + 2]):
        length = int.from_bytes(data[left_over + 8 : left_over + 16], "little")
        left_over += 16 + (length + 7) // 8 * 8
    data[left_over + 8 : left_over + 16] = size.to_bytes(8, "little")
    good.write_bytes(data)
    with pytest.raises(UserError, match="a heap of texts makes no sense"):
        load(good)


# A text is missed in a heap only once there is memory for it.
@pytest.mark.parametrize("elsewhere", [None, 8, 2**60])
def test_a_text_longer_than_the_file_takes_no_memory(good, load, elsewhere):
    """HDF5 1.14.6 takes memory for it, and finds later that it is short."""
    data = bytearray(good.read_bytes())
    with h5py.File(good, "r") as file:
        length = len(file.attrs["model_config"])
    heap = data.index(b"GCOL\1").to_bytes(8, "little")
    at = data.index(length.to_bytes(4, "little") + heap)
    data[at : at + 4] = (3 * 2**30).to_bytes(4, "little")
    if elsewhere:
        data[at + 4 : at + 12] = elsewhere.to_bytes(8, "little")
    good.write_bytes(data)
    with pytest.raises(UserError, match="said to be longer than the file"):
        load(good)


def test_a_shape_that_was_changed_is_refused(good, load):
    with h5py.File(good, "r") as file:
        shape = file[KERNEL].shape
    data = good.read_bytes()
    stored = b"".join(n.to_bytes(8, "little") for n in shape)
    assert stored in data
    huge = b"".join((2**10 * n).to_bytes(8, "little") for n in shape)
    good.write_bytes(data.replace(stored, huge))
    with pytest.raises(UserError):
        load(good)


def test_many_objects_are_refused(good, load, monkeypatch):
    monkeypatch.setattr(h5_inspection, "_MOST_OBJECTS", 30)
    with h5py.File(good, "r+") as file:
        for i in range(40):
            file.create_group(f"group{i}")
    with pytest.raises(UserError, match="more than 30 objects"):
        load(good)


CONTENTS = {
    "nothing": (b"", "is empty"),
    "words": (b"just some words", "not an HDF5"),
    "pickle": (b"\x80\x04cos\nsystem\n", "not an HDF5"),
    "archive": (b"PK\3\4" + bytes(200), "not an HDF5"),
    "pointer": (b"version https://git-lfs.github.com", "git-LFS pointer"),
    "start": (b"\x89HDF\r\n\x1a\n", "truncated or damaged"),
    "noise": (
        b"\x89HDF\r\n\x1a\n" + np.random.default_rng(0).bytes(5000),
        "truncated or damaged",
    ),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_other_contents_are_refused(kind, good, load):
    content, message = CONTENTS[kind]
    good.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load(good)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_part_of_a_file_is_refused(part, good, load):
    data = good.read_bytes()
    good.write_bytes(data[: int(part * len(data))])
    with pytest.raises(UserError, match="truncated or damaged"):
        load(good)


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits_never_lead_beyond_an_error(seed, good, load):
    """A weight may have changed unseen; all else is told in a sentence."""
    data = good.read_bytes()
    chance = np.random.default_rng(seed)
    for _ in range(15):
        spoilt = bytearray(data)
        for at in chance.integers(0, 4000, 3):
            spoilt[at] ^= 1 << chance.integers(8)
        good.write_bytes(spoilt)
        try:
            load(good)
        except UserError as error:
            assert str(good) in str(error)


def test_a_huge_file_is_not_read(good, load):
    os.truncate(good, MOST_BYTES + 1)
    with pytest.raises(UserError, match="larger than the 2 GiB"):
        load(good)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/"])
def test_what_is_no_file_is_not_read(path, load):
    with pytest.raises(UserError, match="is not a file"):
        load(Path(path))


def test_what_was_checked_is_what_is_used(good, guard):
    with open_checked(good) as checked:
        before = checked.file[KERNEL][:]
        data = good.read_bytes()
        good.write_bytes(bytes(len(data)))
        np.testing.assert_array_equal(checked.file[KERNEL][:], before)
