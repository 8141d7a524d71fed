"""Crafted and damaged files are refused before Keras reads them."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving import h5_inspection
from gancore.saving.safe_h5 import MAX_BYTES, open_checked

KERNEL = "model_weights/head/head/kernel:0"
LAYER = "model_weights/head"


def remove_array(file, path=KERNEL):
    """Removes an array; returns its group, name and values."""
    array = file[path]
    group, name, values = array.parent, path.rsplit("/", 1)[1], array[:]
    del group[name]
    return group, name, values


def soft_link(file, secret):
    group, name, values = remove_array(file)
    group["elsewhere"] = values
    group[name] = h5py.SoftLink(f"{group.name}/elsewhere")


def soft_link_to_nothing(file, secret):
    file["dangling"] = h5py.SoftLink("/nowhere")


def soft_link_to_a_group(file, secret):
    file.move("model_weights/head", "head")
    file["model_weights/head"] = h5py.SoftLink("/head")


def external_link(file, secret):
    group, name, _ = remove_array(file)
    group[name] = h5py.ExternalLink(str(secret), "/")


def external_link_that_is_not_used(file, secret):
    file["unused"] = h5py.ExternalLink(str(secret), "/")


def external_group(file, secret):
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink(str(secret), "/model_weights")


def external_data(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(
        name, values.shape, "<f4", external=[(str(secret), 0, values.nbytes)]
    )


def virtual(file, secret):
    group, name, values = remove_array(file)
    layout = h5py.VirtualLayout(values.shape, "<f4")
    layout[:] = h5py.VirtualSource(str(secret), "x", values.shape)
    group.create_virtual_dataset(name, layout)


def virtual_of_unlimited_shape(file, secret):
    layout = h5py.VirtualLayout((4,), "<f4", maxshape=(None,))
    source = h5py.VirtualSource(str(secret), "x", (4,), maxshape=(None,))
    endless = h5py.h5s.UNLIMITED
    layout[0:endless] = source[0:endless]
    file.create_virtual_dataset("unused", layout)


def virtual_of_the_same_file(file, secret):
    group, name, values = remove_array(file)
    group["other"] = values
    layout = h5py.VirtualLayout(values.shape, "<f4")
    layout[:] = h5py.VirtualSource(".", f"{group.name}/other", values.shape)
    group.create_virtual_dataset(name, layout)


def never_written(file, secret):
    group, name, _ = remove_array(file)
    group.create_dataset(name, (2**20, 2**20), "<f4")


def never_written_and_small(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(name, values.shape, "<f4")


def missing_chunks(file, secret):
    group, name, _ = remove_array(file)
    array = group.create_dataset(name, (2**20, 2**20), "<f4", chunks=(16, 16))
    array[:16, :16] = 1


def one_huge_chunk(file, secret):
    group, name, _ = remove_array(file)
    group.create_dataset(
        name, (1,), "<f4", maxshape=(None,), chunks=(2**29,), fillvalue=1
    )


def compressed(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(name, data=values, compression="gzip")


def compressed_zeros(file, secret):
    group, name, _ = remove_array(file)
    group.create_dataset(
        name, data=np.zeros(2**22, "<f4"), compression="gzip", chunks=(2**22,)
    )


def other_compression(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(name, data=values, compression="lzf")


def shuffled(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(name, data=values, shuffle=True)


def with_checksums(file, secret):
    group, name, values = remove_array(file)
    group.create_dataset(name, data=values, fletcher32=True)


def plugin(file, secret):
    """A filter that HDF5 would look up among its plugins."""
    group, name, values = remove_array(file)
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


def groups_in_each_other(file, secret):
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


def named_datatype(file, secret):
    file["kind"] = np.dtype("<f8")


def two_dimensional_attribute(file, secret):
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


def weights_by_a_relative_path(file, secret):
    file[LAYER].attrs["weight_names"] = ["head/./kernel:0", "head/bias:0"]


def weights_at_an_absolute_path(file, secret):
    file[LAYER].attrs["weight_names"] = [str(secret), "head/bias:0"]


def layers_listed_twice(file, secret):
    attributes = file["model_weights"].attrs
    attributes["layer_names"] = [*attributes["layer_names"], "head"]


def layer_of_no_group(file, secret):
    attributes = file["model_weights"].attrs
    attributes["layer_names"] = [*attributes["layer_names"], "absent"]


def list_that_is_a_scalar(file, secret):
    file[LAYER].attrs["weight_names"] = "head"


def list_of_numbers(file, secret):
    file[LAYER].attrs["weight_names"] = np.arange(3)


def very_long_name(file, secret):
    file[LAYER].attrs["weight_names"] = ["head/" + "k" * 5000]


FILES = {
    soft_link: "kernel:0 is a soft link",
    soft_link_to_nothing: "dangling is a soft link",
    soft_link_to_a_group: "head is a soft link",
    external_link: "kernel:0 is a link to another file",
    external_link_that_is_not_used: "unused is a link to another file",
    external_group: "model_weights is a link to another file",
    external_data: "kernel:0 has its data in another file",
    virtual: "kernel:0 is a virtual array",
    virtual_of_unlimited_shape: "unused is a virtual array",
    virtual_of_the_same_file: "kernel:0 is a virtual array",
    never_written: "declared larger than what is stored",
    never_written_and_small: "declared larger than what is stored",
    missing_chunks: "declared larger than what is stored",
    one_huge_chunk: "declared larger than what is stored",
    compressed: "kernel:0 is compressed",
    compressed_zeros: "kernel:0 is compressed",
    other_compression: "kernel:0 is compressed",
    shuffled: "kernel:0 is compressed",
    with_checksums: "kernel:0 is compressed",
    plugin: "kernel:0 is compressed",
    second_link: "is a second link to the same",
    group_in_itself: "is a second link to the same",
    root_in_a_group: "root is a second link to the same",
    groups_in_each_other: "is a second link to the same",
    reference_attribute: "attribute points of / is neither",
    region_attribute: "attribute points of / is neither",
    references: "/points holds something other than numbers",
    compound: "/points holds something other than numbers",
    ragged: "/points holds something other than numbers",
    texts: "/points holds something other than numbers",
    opaque: "/points holds something other than numbers",
    long_doubles: "/points holds something other than numbers",
    no_values: "",
    named_datatype: "kind is neither a group nor an array",
    two_dimensional_attribute: "attribute table of / has more than one",
    compound_attribute: "attribute record of / is neither",
    ragged_attribute: "attribute ragged of .*head is neither",
    attribute_of_an_array: "attribute points of .*kernel:0 is neither",
    deep: "groups are nested more than 32 deep",
    weights_listed_twice: "lists the same weights more than once",
    weights_listed_in_two_parts: "lists the same weights more than once",
    weights_listed_in_two_layers: "lists the same weights more than once",
    weights_of_no_array: "head/absent is listed but missing",
    weights_by_a_relative_path: "kernel:0 is listed but missing",
    weights_at_an_absolute_path: "secret.txt is listed but missing",
    layers_listed_twice: "lists the same weights more than once",
    layer_of_no_group: "absent is listed but missing",
    list_that_is_a_scalar: "weight_names of .* is not a list",
    list_of_numbers: "head/0 is listed but missing",
    very_long_name: "holds a name that is too long",
}


def test_the_valid_file_loads(valid_file, load):
    assert (
        load(valid_file).count_params()
        == 3 * 3 * 3 * 4 + 4 + 4 + 4 * 4 * 4 * 3 + 3
    )


def test_the_monitor_sees_what_hdf5_reads(monitor, valid_file):
    """In a file that was not checked."""
    with h5py.File(valid_file, "r+") as file:
        external_data(file, monitor.secret)
    assert not monitor.was_read()
    with h5py.File(valid_file, "r") as file:
        assert file[KERNEL][0, 0, 0, 1] == 1.0
    assert monitor.was_read()


@pytest.mark.parametrize(
    ("modify", "message"),
    FILES.items(),
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_unsafe_structure_is_refused(
    modify, message, valid_file, monitor, load
):
    with h5py.File(valid_file, "r+") as file:
        modify(file, monitor.secret)
    with pytest.raises(UserError, match=rf"model\.h5 .*{message}"):
        load(valid_file)


def test_a_user_defined_link_is_refused(valid_file, monitor, load):
    with h5py.File(valid_file, "r+") as file:
        file["user"] = h5py.ExternalLink("no such file", "/a/path")
    data = bytearray(valid_file.read_bytes())
    # Link type, length of the name, name.
    at = data.index(b"\x40\x04user")
    data[at] = 200
    valid_file.write_bytes(data)
    with pytest.raises(UserError, match=r"user is a link of an unknown kind"):
        load(valid_file)


@pytest.mark.parametrize("size", [0, 2**40, 2**64 - 8])
def test_an_endless_heap_is_refused(size, valid_file, load):
    """HDF5 1.14.6 loops for ever over the first of these."""
    data = bytearray(valid_file.read_bytes())
    free_space = data.index(b"GCOL\1") + 16
    while any(data[free_space : free_space + 2]):
        length = int.from_bytes(
            data[free_space + 8 : free_space + 16], "little"
        )
        free_space += 16 + (length + 7) // 8 * 8
    data[free_space + 8 : free_space + 16] = size.to_bytes(8, "little")
    valid_file.write_bytes(data)
    with pytest.raises(UserError, match="a heap of strings is invalid"):
        load(valid_file)


# HDF5 looks for the string in the heap only after it allocated memory.
@pytest.mark.parametrize("heap_address", [None, 8, 2**60])
def test_a_string_longer_than_the_file_allocates_no_memory(
    valid_file, load, heap_address
):
    """HDF5 1.14.6 allocates it before it finds that the string is short."""
    data = bytearray(valid_file.read_bytes())
    with h5py.File(valid_file, "r") as file:
        length = len(file.attrs["model_config"])
    heap = data.index(b"GCOL\1").to_bytes(8, "little")
    at = data.index(length.to_bytes(4, "little") + heap)
    data[at : at + 4] = (3 * 2**30).to_bytes(4, "little")
    if heap_address:
        data[at + 4 : at + 12] = heap_address.to_bytes(8, "little")
    valid_file.write_bytes(data)
    with pytest.raises(
        UserError, match="declares strings longer than the file"
    ):
        load(valid_file)


def test_a_modified_shape_is_refused(valid_file, load):
    with h5py.File(valid_file, "r") as file:
        shape = file[KERNEL].shape
    data = valid_file.read_bytes()
    stored = b"".join(n.to_bytes(8, "little") for n in shape)
    assert stored in data
    huge = b"".join((2**10 * n).to_bytes(8, "little") for n in shape)
    valid_file.write_bytes(data.replace(stored, huge))
    with pytest.raises(UserError):
        load(valid_file)


def test_too_many_objects_are_refused(valid_file, load, monkeypatch):
    monkeypatch.setattr(h5_inspection, "_MAX_OBJECTS", 30)
    with h5py.File(valid_file, "r+") as file:
        for i in range(40):
            file.create_group(f"group{i}")
    with pytest.raises(UserError, match="more than 30 objects"):
        load(valid_file)


CONTENTS = {
    "empty": (b"", "is empty"),
    "text": (b"just some words", "not an HDF5"),
    "pickle": (b"\x80\x04cos\nsystem\n", "not an HDF5"),
    "archive": (b"PK\3\4" + bytes(200), "not an HDF5"),
    "pointer": (b"version https://git-lfs.github.com", "git-LFS pointer"),
    "signature only": (b"\x89HDF\r\n\x1a\n", "truncated or damaged"),
    "noise": (
        b"\x89HDF\r\n\x1a\n" + np.random.default_rng(0).bytes(5000),
        "truncated or damaged",
    ),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_other_file_contents_are_refused(kind, valid_file, load):
    content, message = CONTENTS[kind]
    valid_file.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load(valid_file)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(part, valid_file, load):
    data = valid_file.read_bytes()
    valid_file.write_bytes(data[: int(part * len(data))])
    with pytest.raises(UserError, match="truncated or damaged"):
        load(valid_file)


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits_cause_at_most_an_error(seed, valid_file, load):
    """A weight may change unnoticed; all else is a UserError."""
    data = valid_file.read_bytes()
    random = np.random.default_rng(seed)
    for _ in range(15):
        damaged = bytearray(data)
        for at in random.integers(0, 4000, 3):
            damaged[at] ^= 1 << random.integers(8)
        valid_file.write_bytes(damaged)
        try:
            load(valid_file)
        except UserError as error:
            assert str(valid_file) in str(error)


def test_a_huge_file_is_not_read(valid_file, load):
    os.truncate(valid_file, MAX_BYTES + 1)
    with pytest.raises(UserError, match="larger than the 2 GiB"):
        load(valid_file)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/"])
def test_devices_and_folders_are_not_read(path, load):
    with pytest.raises(UserError, match="is not a file"):
        load(Path(path))


def test_what_was_checked_is_what_is_used(valid_file, monitor):
    with open_checked(valid_file) as checked:
        before = checked.file[KERNEL][:]
        data = valid_file.read_bytes()
        valid_file.write_bytes(bytes(len(data)))
        np.testing.assert_array_equal(checked.file[KERNEL][:], before)
