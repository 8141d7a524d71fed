"""The architecture in an `.h5` is what every Keras reads, or said not to be."""

import json

import h5py
import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.h5_architecture import NotPortable, portable_config
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


def test_what_was_read_is_written_the_same(tmp_path):
    save_h5(small_network(), tmp_path / "one.h5", {})
    with open_checked(tmp_path / "one.h5") as checked:
        save_h5(load_network(checked), tmp_path / "two.h5", {})
    assert config_of(tmp_path / "one.h5") == config_of(tmp_path / "two.h5")


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    given = keras.Input((3,))
    return keras.Model(given, inner(given))


def attending():
    given = keras.Input((4, 6))
    other = keras.Input((4, 6))
    return keras.Model(
        [given, other], layers.MultiHeadAttention(2, 3)(given, value=other)
    )


def regular():
    given = keras.Input((3,))
    return keras.Model(given, layers.Dense(2, kernel_regularizer="l2")(given))


def of_three_inputs():
    a, b, c = (keras.Input((3,), name=name) for name in "abc")
    return keras.Model({"a": a, "b": [b, c]}, layers.Add()([a, b, c]))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (nested, "Sequential is no layer"),
        (attending, "is called with keywords"),
        (regular, "an object as kernel_regularizer"),
    ],
)
def test_what_older_versions_lack_is_written_for_this_one(
    make, why, tmp_path, capsys
):
    network = make()
    with pytest.raises(NotPortable, match=why):
        portable_config(network)
    save_h5(network, tmp_path / "new.h5", {})
    assert "older versions may not load" in capsys.readouterr().err
    with open_checked(tmp_path / "new.h5") as checked:
        loaded = load_network(checked)
    for ours, theirs in zip(
        network.get_weights(), loaded.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_inputs_that_are_no_list_have_no_form():
    with pytest.raises(NotPortable, match="no list"):
        portable_config(of_three_inputs())


def spoil(path, change):
    """Changes the architecture that a file holds."""
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
        (in_nodes("body", [[["gone", 0, 0, {}]]]), "'gone', which is not ther"),
        (in_nodes("body", [[["head", 7, 0, {}]]]), "call 7 of 'head', which"),
        (in_nodes("body", [[["head", -1, 0, {}]]]), "no layer, call and outp"),
        (in_nodes("body", [["head", 0, 0, {}]]), "no layer, call and output"),
        (in_nodes("body", [[[["head"], 0, 0]]]), "no layer, call and output"),
        (in_nodes("body", [[["head", 0, True, {}]]]), "no layer, call and"),
        (in_nodes("body", "head"), "no list of nodes"),
        (in_nodes("body", [[["body", 0, 0, {}]]]), "Keras cannot load"),
        (in_nodes("body", [[["head", 0, 5, {}]]]), "Keras cannot load"),
        (in_nodes("body", "DEEP"), "nested"),
        (lambda m, la: m.update(input_layers=[["gone", 0, 0]]), "not there"),
        (lambda m, la: m.update(output_layers=[]), "output_layers are no list"),
        (lambda m, la: m.update(output_layers=7), "output_layers are no list"),
        (lambda m, la: m.update(layers={}), "layers are no list"),
        (lambda m, la: m.pop("layers"), "layers are no list"),
        (lambda m, la: la["body"].update(name="head"), "two of its layers"),
        (lambda m, la: m["layers"].append(7), "a layer has no name"),
    ],
)
def test_a_graph_that_leads_nowhere_is_refused(change, message, tmp_path):
    path = tmp_path / "small.h5"
    save_h5(small_network(), path, {})
    spoil(path, change)
    with (
        open_checked(path) as checked,
        pytest.raises(UserError, match=message) as found,
    ):
        load_network(checked)
    assert "\n" not in str(found.value)
