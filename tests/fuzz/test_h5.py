"""Fuzzed `.h5` files: the checks before Keras, and what Keras builds."""

import contextlib
import io
import json
import unicodedata

import h5py
import keras
import numpy as np
import pytest
from hypothesis import strategies as st

from gancore.errors import UserError
from gancore.saving.config_allowlist import (
    UnsafeConfigError,
    check_model_config,
)
from gancore.saving.model_io import get_metadata, save_h5
from gancore.saving.model_loading import holds_network, load_network
from gancore.saving.safe_h5 import H5_ERRORS, open_checked
from srgan.inference.legacy import is_legacy, read_legacy
from textgan.data.vocabulary import SPECIAL
from textgan.inference.vocabulary_file import checked_vocabulary

METADATA = {
    "package": "textgan",
    "level": "word",
    "vocabulary": [*SPECIAL, "a"],
}
INTERESTING = (
    b"GCOL", b"OHDR", b"FRHP", b"SNOD", b"TREE", b"HEAP", b"TREE\1",
    b"\x89HDF", b"\1\0\0\0\0\0\0\0", b"\xff" * 8, b"model_config",
    b"layer_names", b"\x60\0\0\0\0\0\0\0", b"\0" * 16, b"\x10\0\0\0",
)  # fmt: skip


def small_network():
    low = keras.Input((2,), name="low")
    return keras.Model(low, keras.layers.Dense(1, name="d")(low), name="m")


def hand_written(libver):
    """Writes the objects that Keras writes, in another layout of HDF5."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=libver) as file:
        file.attrs["model_config"] = small_network().to_json()
        file.attrs["keras_version"] = b"3.0"
        layer = file.create_group("model_weights/d")
        file["model_weights"].attrs["layer_names"] = ["d"]
        layer.attrs["weight_names"] = ["kernel:0", "bias:0"]
        layer.create_dataset("kernel:0", data=np.ones((2, 1), "f4"))
        layer.create_dataset("bias:0", data=np.ones(1, "f4"), chunks=(1,))
    return memory.getvalue()


def legacy():
    """Writes weights without a model, as Keras 2 did."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        names = [b"conv", b"prelu"]
        file.attrs["layer_names"] = names
        for name, parts in (
            ("conv", {"kernel:0": (3, 3, 3, 2), "bias:0": (2,)}),
            ("prelu", {"alpha:0": (1, 1, 2)}),
        ):
            group = file.create_group(name)
            group.attrs["weight_names"] = [p.encode() for p in parts]
            for part, shape in parts.items():
                group[part] = np.ones(shape, "f4")
    return memory.getvalue()


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory) -> list[bytes]:
    path = tmp_path_factory.mktemp("valid") / "model.h5"
    save_h5(small_network(), path, METADATA)
    return [
        path.read_bytes(),
        hand_written("earliest"),
        hand_written("latest"),
        legacy(),
    ]


def read_all(checked):
    """Reads everything that loading reads, but builds no network."""
    get_metadata(checked)
    holds_network(checked)
    text = checked.text("model_config")
    if text is not None:
        try:
            check_model_config(text)
        except UnsafeConfigError as error:
            assert str(error)
    arrays = []

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            arrays.append(item[()])

    # Damage in an array is found when it is read.
    with contextlib.suppress(*H5_ERRORS):
        checked.file.visititems(take)
    assert sum(array.nbytes for array in arrays) < 2**20


def test_damaged_files(fuzz, damaged, valid_files, tmp_path):
    path = tmp_path / "model.h5"

    def check(data):
        path.write_bytes(data)
        try:
            with open_checked(path) as checked:
                read_all(checked)
        except UserError as error:
            assert len(str(error).splitlines()) == 1

    for data in valid_files:
        check(data)
    fuzz(check, damaged(valid_files, odd=INTERESTING))


def test_files_of_any_structure(fuzz, tmp_path):
    """Groups, arrays and attributes of any kind, in place of those of Keras."""
    path = tmp_path / "model.h5"
    kinds = ["f4", "i8", "f2", "c8", "S3", "O", "?", "V4", "u1"]
    values = st.one_of(
        st.text(max_size=5),
        st.binary(max_size=5),
        st.integers(-(2**63), 2**63 - 1),
        st.lists(st.sampled_from(["a", "b", "kernel:0", "../a", "", "/"])),
        st.just(METADATA).map(json.dumps),
        st.sampled_from(["{", "{}", "[]", '{"package": 1}', "\0"]),
    )
    attributes = st.dictionaries(
        st.sampled_from(
            ["layer_names", "weight_names", "layer_names0", "model_config",
             "provenance", "a"]
        ),
        values,
        max_size=3,
    )  # fmt: skip
    items = st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "a/b", "a/kernel:0", "model_weights/a"]),
            st.sampled_from(
                ["group", "array", "soft", "hard", "external", "empty"]
            ),
            st.sampled_from(kinds),
            st.lists(st.integers(0, 3), max_size=3),
            attributes,
        ),
        max_size=3,
    )

    def make(file, case):
        attributes, parts = case
        for name, kind, dtype, shape, more in parts:
            if kind == "group":
                item = file.create_group(name)
            elif kind == "array":
                item = file.create_dataset(name, shape, dtype)
            elif kind == "empty":
                item = file.create_dataset(name, data=h5py.Empty("f4"))
            elif kind == "hard":
                file[name] = file
                continue
            elif kind == "soft":
                file[name] = h5py.SoftLink("/a")
                continue
            else:
                file[name] = h5py.ExternalLink("/etc/passwd", "/")
                continue
            item.attrs.update(more)
        file.attrs.update(attributes)

    def check(case):
        memory = io.BytesIO()
        with h5py.File(memory, "w") as file:
            try:
                make(file, case)
            # HDF5 itself cannot write this case.
            except (ValueError, OSError, TypeError, RuntimeError, KeyError):
                return
        path.write_bytes(memory.getvalue())
        try:
            with open_checked(path) as checked:
                read_all(checked)
                if is_legacy(checked):
                    read_legacy(checked)
        except UserError as error:
            assert len(str(error).splitlines()) == 1

    fuzz(check, st.tuples(attributes, items))


def test_model_configs(fuzz, altered):
    x = low = keras.Input((None, None, 3), name="low")
    for layer in (
        keras.layers.Conv2D(2, 3, activation="relu"),
        keras.layers.PReLU(shared_axes=[1, 2]),
        keras.layers.Rescaling(2.0),
    ):
        x = layer(x)
    config = json.loads(keras.Model(low, x).to_json())

    def check(value):
        try:
            check_model_config(json.dumps(value))
        except UnsafeConfigError as error:
            assert str(error)

    check(config)
    fuzz(check, altered(config, json.loads(small_network().to_json())))


def test_metadata(fuzz, altered, tmp_path):
    """Metadata hold the vocabulary."""

    class Checked:
        path = tmp_path / "model.h5"

        def text(self, name):
            return self.metadata

    checked = Checked()

    def check(value):
        checked.metadata = json.dumps(value)
        try:
            vocabulary = checked_vocabulary(get_metadata(checked), checked.path)
        except UserError as error:
            assert len(str(error).splitlines()) == 1
            return
        ids = range(len(vocabulary))
        text = vocabulary.decode([*range(4, len(vocabulary)), *ids])
        assert not any(unicodedata.category(c) == "Cc" for c in text)
        assert text.encode().decode() == text
        vocabulary.encode(text.split())

    fuzz(
        check,
        altered(METADATA, {**METADATA, "level": "char", "scores": {"a": 1}}),
    )


def test_building_networks(fuzz, altered, valid_files, tmp_path):
    """Keras builds no more weights than the file holds."""
    path = tmp_path / "model.h5"
    config = json.loads(small_network().to_json())

    def check(value):
        path.write_bytes(valid_files[1])
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(value)
        try:
            with open_checked(path) as checked:
                network = load_network(checked)
        except UserError as error:
            assert len(str(error).splitlines()) == 1
            return
        assert network.count_params() <= 3

    fuzz(check, altered(config))
