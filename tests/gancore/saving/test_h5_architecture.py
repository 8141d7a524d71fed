"""Every Keras reads the architecture in an `.h5`, or a message is logged."""

import json

import h5py
import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.h5_architecture import NotPortableError, portable_config
from gancore.saving.model_io import save_h5
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked

layers = keras.layers


def small_network():
    low = keras.Input((None, None, 3), name="low")
    x = layers.Conv2D(4, 3, padding="same", name="head")(low)
    x = layers.LeakyReLU(0.1, name="leaky")(x)
    y = layers.Conv2D(4, 3, padding="same", name="body", trainable=False)(x)
    return keras.Model(low, layers.Add(name="sum")([x, y]), name="small")


def config_of(path):
    with h5py.File(path) as file:
        return json.loads(file.attrs["model_config"])


def test_the_file_has_the_layout_of_keras_2(tmp_path):
    path = tmp_path / "small.h5"
    save_h5(small_network(), path, {})
    with h5py.File(path) as file:
        assert file.attrs["keras_version"] == "2.15.0"
        head = file["model_weights/head"]
        names = ["head/kernel:0", "head/bias:0"]
        assert list(head.attrs["weight_names"]) == names
        assert head[names[0]].shape == (3, 3, 3, 4)
    found = config_of(path)["config"]["layers"]
    assert [layer["class_name"] for layer in found] == [
        "InputLayer", "Conv2D", "ReLU", "Conv2D", "Add",
    ]  # fmt: skip
    low, head, leaky, body, _ = (layer["config"] for layer in found)
    assert low["batch_input_shape"] == [None, None, None, 3]
    assert head == {
        "name": "head",
        "dtype": "float32",
        "filters": 4,
        "kernel_size": [3, 3],
        "padding": "same",
        "data_format": "channels_last",
    }
    assert leaky["negative_slope"] == 0.1
    assert body["trainable"] is False
    assert found[-1]["inbound_nodes"] == [
        [["leaky", 0, 0, {}], ["body", 0, 0, {}]]
    ]


def test_a_loaded_network_is_saved_identically(tmp_path):
    save_h5(small_network(), tmp_path / "one.h5", {})
    with open_checked(tmp_path / "one.h5") as checked:
        save_h5(load_network(checked), tmp_path / "two.h5", {})
    assert config_of(tmp_path / "one.h5") == config_of(tmp_path / "two.h5")


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    given = keras.Input((3,))
    return keras.Model(given, inner(given))


def with_attention():
    given = keras.Input((4, 6))
    other = keras.Input((4, 6))
    return keras.Model(
        [given, other], layers.MultiHeadAttention(2, 3)(given, value=other)
    )


def with_regularizer():
    given = keras.Input((3,))
    return keras.Model(given, layers.Dense(2, kernel_regularizer="l2")(given))


def with_nested_inputs():
    a, b, c = (keras.Input((3,), name=name) for name in "abc")
    return keras.Model({"a": a, "b": [b, c]}, layers.Add()([a, b, c]))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (nested, "Sequential is not a layer"),
        (with_attention, "is called with keyword arguments"),
        (with_regularizer, "an object as kernel_regularizer"),
    ],
)
def test_what_older_versions_lack_is_saved_for_this_version(
    build, reason, tmp_path, capsys
):
    network = build()
    with pytest.raises(NotPortableError, match=reason):
        portable_config(network)
    save_h5(network, tmp_path / "new.h5", {})
    assert "older versions may not load" in capsys.readouterr().err
    with open_checked(tmp_path / "new.h5") as checked:
        loaded = load_network(checked)
    for ours, theirs in zip(
        network.get_weights(), loaded.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_nested_inputs_are_not_portable():
    with pytest.raises(NotPortableError, match="not a list"):
        portable_config(with_nested_inputs())


def modify(path, change):
    """Changes the `model_config` of a file."""
    found = config_of(path)
    by_name = {la["name"]: la for la in found["config"]["layers"]}
    change(found["config"], by_name)
    with h5py.File(path, "r+") as file:
        text = json.dumps(found).replace('"DEEP"', "[" * 1000 + "]" * 1000)
        file.attrs["model_config"] = text


def in_nodes(name, value):
    return lambda model, layers: layers[name].update(inbound_nodes=value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            in_nodes("body", [[["gone", 0, 0, {}]]]),
            "'gone', which does not exi",
        ),
        (in_nodes("body", [[["head", 7, 0, {}]]]), "call 7 of 'head', which"),
        (in_nodes("body", [[["head", -1, 0, {}]]]), "not a layer, a call and"),
        (
            in_nodes("body", [["head", 0, 0, {}]]),
            "not a layer, a call and an output",
        ),
        (
            in_nodes("body", [[[["head"], 0, 0]]]),
            "not a layer, a call and an output",
        ),
        (in_nodes("body", [[["head", 0, True, {}]]]), "not a layer, a call"),
        (in_nodes("body", "head"), "no list of nodes"),
        (in_nodes("body", [[["body", 0, 0, {}]]]), "Keras cannot load"),
        (in_nodes("body", [[["head", 0, 5, {}]]]), "Keras cannot load"),
        (in_nodes("body", "DEEP"), "nested"),
        (
            lambda m, la: m.update(input_layers=[["gone", 0, 0]]),
            "does not exist",
        ),
        (
            lambda m, la: m.update(output_layers=[]),
            "output_layers are not a list",
        ),
        (
            lambda m, la: m.update(output_layers=7),
            "output_layers are not a list",
        ),
        (lambda m, la: m.update(layers={}), "layers are not a list"),
        (lambda m, la: m.pop("layers"), "layers are not a list"),
        (lambda m, la: la["body"].update(name="head"), "two of its layers"),
        (lambda m, la: m["layers"].append(7), "a layer has no name"),
    ],
)
def test_an_invalid_graph_is_refused(change, message, tmp_path):
    path = tmp_path / "small.h5"
    save_h5(small_network(), path, {})
    modify(path, change)
    with (
        open_checked(path) as checked,
        pytest.raises(UserError, match=message) as found,
    ):
        load_network(checked)
    assert "\n" not in str(found.value)
