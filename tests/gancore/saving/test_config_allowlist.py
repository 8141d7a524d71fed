"""Descriptions of networks that are more than layers."""

from __future__ import annotations

import base64
import json
import marshal

import h5py
import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.config_allowlist import NotAllowed, check_description

HEAD = 1


def described(file):
    return json.loads(file.attrs["model_config"])


def write(file, config):
    text = config if isinstance(config, str | bytes) else json.dumps(config)
    file.attrs["model_config"] = text


def with_layer(name, module=None, **settings):
    """Puts another layer in the place of the first."""

    def spoil(config, guard):
        layer = config["config"]["layers"][HEAD]
        layer["class_name"] = name
        layer["config"] = {"name": "head", **settings}
        if module:
            layer["module"], layer["registered_name"] = module, None

    return spoil


def with_settings(**settings):
    def spoil(config, guard):
        config["config"]["layers"][HEAD]["config"].update(settings)

    return spoil


def made(name, module, registered=None, **settings):
    return {
        "class_name": name,
        "module": module,
        "registered_name": registered,
        "config": settings,
    }


def code(marker):
    """Code as Keras keeps that of a Lambda; it makes a file."""
    run = compile(f"open({str(marker)!r}, 'w')", "outsider", "eval")
    return base64.b64encode(marshal.dumps(run)).decode()


def with_lambda(config, guard):
    body = {"code": code(guard.marker), "defaults": None, "closure": None}
    function = {"class_name": "__lambda__", "config": body}
    with_layer("Lambda", function=function)(config, guard)


def with_old_lambda(config, guard):
    function = [code(guard.marker), None, None]
    with_layer("Lambda", function=function)(config, guard)


def with_code_for_an_activation(config, guard):
    body = {"value": [code(guard.marker), None, None]}
    with_settings(activation={"class_name": "__lambda__", "config": body})(
        config, guard
    )


def with_lambda_inside(config, guard):
    inner = json.loads(json.dumps(config))
    with_lambda(inner, guard)
    inner = {**inner, "name": "head", "inbound_nodes": []}
    config["config"]["layers"][HEAD] = inner


def with_lambda_in_a_wrapper(config, guard):
    inner = {"class_name": "Lambda", "config": {"function": "print"}}
    with_layer("SpectralNormalization", layer=inner)(config, guard)


def with_words_of_a_file(name):
    def spoil(config, guard):
        with_layer(name, vocabulary=str(guard.secret))(config, guard)

    return spoil


def with_saved_model(config, guard):
    with_layer("TFSMLayer", filepath=str(guard.folder))(config, guard)


def with_loops(config, guard):
    layers = config["config"]["layers"]
    layers[HEAD]["inbound_nodes"], layers[2]["inbound_nodes"] = (
        layers[2]["inbound_nodes"],
        layers[HEAD]["inbound_nodes"],
    )


def with_unknown_input(config, guard):
    config["config"]["input_layers"] = [["absent", 0, 0]]


def with_many_layers(config, guard):
    layer = {"class_name": "Identity", "config": {}, "inbound_nodes": []}
    config["config"]["layers"] += [
        {**layer, "name": f"l{i}"} for i in range(2100)
    ]


def with_many_calls(config, guard):
    node = config["config"]["layers"][2]["inbound_nodes"]
    node *= 17_000


LIST = "not on the list"
KINDS = {
    "lambda": (with_lambda, LIST),
    "lambda of Keras 2": (with_old_lambda, LIST),
    "lambda inside": (with_lambda_inside, LIST),
    "lambda in a wrapper": (with_lambda_in_a_wrapper, LIST),
    "code for an activation": (with_code_for_an_activation, LIST),
    "function": (
        with_settings(activation=made("function", "os", config="system")),
        LIST,
    ),
    "text vectorization": (with_words_of_a_file("TextVectorization"), LIST),
    "string lookup": (with_words_of_a_file("StringLookup"), LIST),
    "integer lookup": (with_words_of_a_file("IntegerLookup"), LIST),
    "vocabulary of a layer": (with_words_of_a_file("Conv2D"), "vocabulary"),
    "saved model": (with_saved_model, LIST),
    "torch module": (with_layer("TorchModuleWrapper"), LIST),
    "jax function": (with_layer("JaxLayer", call_fn="print"), LIST),
    "loss": (with_layer("MeanSquaredError", "keras.losses"), LIST),
    "download": (
        with_settings(
            kernel_initializer=made(
                "get_file", "keras.utils", origin="http://127.0.0.1:9/x"
            )
        ),
        LIST,
    ),
    "another module": (with_layer("Conv2D", "os.path"), "not the one of Keras"),
    "inner module": (
        with_layer("Conv2D", "keras.src.layers"),
        "not the one of Keras",
    ),
    "no module": (
        with_settings(kernel_initializer=made("Zeros", "")),
        "not the one of Keras",
    ),
    "registered class": (
        with_settings(
            kernel_initializer=made("Zeros", "keras.initializers", "mine>Zeros")
        ),
        "not the one of Keras",
    ),
    "class that is no name": (with_layer(["Conv2D"]), LIST),
    "no class": (with_layer(None), LIST),
    "tensor": (with_settings(filters=made("__tensor__", None)), LIST),
    "array": (with_settings(filters=made("__numpy__", None)), LIST),
    "bytes": (with_settings(filters=made("__bytes__", None)), LIST),
    "type spec": (
        with_settings(
            kernel_size={
                "class_name": "TypeSpec",
                "type_spec": "tf.TensorSpec",
                "serialized": [],
            }
        ),
        LIST,
    ),
    "composite": (
        with_settings(kernel_size={"class_name": "CompositeTensor", "spec": 1}),
        LIST,
    ),
    "activation of no name": (
        with_settings(activation="deserialize"),
        "no activation",
    ),
    "text for numbers": (with_settings(dtype="string"), "no type of numbers"),
    "quantised": (
        with_settings(dtype="int8_from_float32"),
        "no type of numbers",
    ),
    "quantisation": (
        with_settings(quantization_config={"a": 1}),
        "sets quantization_config",
    ),
    "more weights": (with_settings(lora_rank=2**20), "sets lora_rank"),
    "loop unfolded": (with_layer("LSTM", units=4, unroll=True), "sets unroll"),
    "states kept": (with_layer("LSTM", units=4, stateful=True), "stateful"),
    "compiled": (
        lambda config, guard: config.update(compile_config={"loss": "mse"}),
        "sets compile_config",
    ),
    "number beyond 32 bits": (with_settings(filters=2**40), "too large"),
    "number of many digits": (with_settings(filters=10**400), "too large"),
    "many filters": (with_settings(filters=10**9), "Keras cannot load"),
    "large kernel": (with_settings(kernel_size=[2**15, 2**15]), "Keras cannot"),
    "negative": (with_settings(filters=-3), "Keras cannot load"),
    "unknown setting": (with_settings(unheard_of=1), "Keras cannot load"),
    "loops": (with_loops, "Keras cannot load"),
    "unknown input": (with_unknown_input, "'absent', which is not there"),
    "many layers": (with_many_layers, "more than 2048 layers"),
    "many calls": (with_many_calls, "more often than any network"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_built_in_layer_is_refused(kind, good, guard, load):
    spoil, message = KINDS[kind]
    with h5py.File(good, "r+") as file:
        config = described(file)
        spoil(config, guard)
        write(file, config)
    with pytest.raises(UserError, match=message) as raised:
        load(good)
    assert str(good) in str(raised.value)


@pytest.mark.parametrize(
    ("layers", "place", "settings"),
    [
        (
            [keras.layers.Embedding(4, 3)],
            1,
            {"input_dim": 10**9, "output_dim": 1000},
        ),
        # A size that follows from others is in no setting.
        (
            [keras.layers.Flatten(), keras.layers.Dense(3)],
            0,
            {"batch_shape": [None, 2**15, 2**15]},
        ),
        (
            [keras.layers.RepeatVector(3), keras.layers.GRU(4)],
            2,
            {"units": 2**17},
        ),
    ],
)
def test_weights_the_file_lacks_take_no_memory(
    layers, place, settings, tmp_path, load
):
    path = tmp_path / "model.h5"
    shape = (4,) if len(layers) == 1 or place == 2 else (4, 3)
    keras.Sequential([keras.Input(shape), *layers]).save(path)
    assert load(path)
    with h5py.File(path, "r+") as file:
        config = described(file)
        config["config"]["layers"][place]["config"].update(settings)
        write(file, config)
    with pytest.raises(UserError, match="Shape mismatch"):
        load(path)


TEXTS = {
    "nothing": "",
    "words": "a convolution",
    "not UTF-8": b"\xff\xfe{}",
    "list": "[]",
    "number": "7",
    "no class": "{}",
    "a layer": '{"class_name": "Conv2D", "config": {}}',
    "no number": '{"class_name": "Sequential", "config": {"x": NaN}}',
    "no end": '{"class_name": "Sequential", "config": {"x": 1e999}}',
    "deep": '{"class_name": "Sequential", "config": ' + "[" * 10**5,
    "deep and whole": '{"class_name": "Sequential", "config": '
    + "[" * 150
    + "]" * 150
    + "}",
    "long": '{"class_name": "Sequential", "config": {}' + " " * 2**22 + "}",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_no_description_is_refused(kind, good, load):
    with h5py.File(good, "r+") as file:
        write(file, TEXTS[kind])
    with pytest.raises(UserError, match=r"model\.h5"):
        load(good)


@pytest.mark.parametrize("value", [7, np.arange(3), ["a", "b"]])
def test_a_description_that_is_no_text_is_refused(value, good, load):
    with h5py.File(good, "r+") as file:
        file.attrs["model_config"] = value
    with pytest.raises(UserError, match=r"model_config of .* is no text"):
        load(good)


def test_weights_alone_are_no_network(good, load):
    with h5py.File(good, "r+") as file:
        del file.attrs["model_config"]
    with pytest.raises(UserError, match="holds no Keras model"):
        load(good)


def weights_of_another_shape(file):
    del file["model_weights/head/head/kernel:0"]
    file["model_weights/head/head/kernel:0"] = np.zeros((3, 3, 3, 5), "<f4")


def weights_missing(file):
    file["model_weights/head"].attrs["weight_names"] = ["head/bias:0"]


def no_weights(file):
    del file["model_weights"]


@pytest.mark.parametrize(
    "spoil", [weights_of_another_shape, weights_missing, no_weights]
)
def test_weights_that_do_not_fit_are_refused(spoil, good, load):
    with h5py.File(good, "r+") as file:
        spoil(file)
    with pytest.raises(UserError, match="Keras cannot load"):
        load(good)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value, good, load):
    with h5py.File(good, "r+") as file:
        file["model_weights/head/head/bias:0"][0] = value
    with pytest.raises(UserError, match="are not finite"):
        load(good)


def test_what_is_trained_with_is_not_read(good, load):
    with h5py.File(good, "r+") as file:
        file.attrs["training_config"] = '{"loss": "no such loss"}'
    assert not load(good).compiled


def test_a_failure_leaves_nothing_to_be_made_later(good, load):
    with h5py.File(good, "r+") as file:
        config = described(file)
        with_settings(filters=10**9)(config, None)
        write(file, config)
    with pytest.raises(UserError):
        load(good)
    # Leaving a scope makes all variables that wait for it.
    with keras.StatelessScope():
        pass


def test_a_untrusted_words_do_not_steer_the_terminal(good, load):
    with h5py.File(good, "r+") as file:
        config = described(file)
        with_layer("\x1b[31mred\x07")(config, None)
        write(file, config)
    with pytest.raises(UserError) as raised:
        load(good)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.SpectralNormalization(keras.layers.Conv2D(2, 3)),
        keras.layers.Conv2D(2, 3, activation=keras.layers.LeakyReLU(0.1)),
        keras.layers.Conv2D(2, 3, kernel_regularizer="l2", dtype="float16"),
        keras.Sequential([keras.layers.ZeroPadding2D(), keras.layers.ReLU()]),
        keras.layers.BatchNormalization(),
        keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.1)),
    ],
)
def test_layers_of_keras_come_back(layer, tmp_path, load):
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layer(image))
    network.save(tmp_path / "model.h5")
    loaded = load(tmp_path / "model.h5")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    np.testing.assert_array_equal(loaded(x), network(x))


def test_recurrent_layers_come_back(tmp_path, load):
    steps = keras.Input((5, 3))
    cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(2)]
    x = keras.layers.RNN(cells, return_sequences=True)(steps)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3))(x)
    network = keras.Model(steps, x)
    network.save(tmp_path / "model.h5")
    x = np.ones((1, 5, 3))
    np.testing.assert_array_equal(load(tmp_path / "model.h5")(x), network(x))


def test_what_keras_2_wrote_has_no_modules():
    layer = {"class_name": "Dense", "config": {"units": 3}}
    check_description(
        json.dumps({"class_name": "Sequential", "config": [layer]})
    )
    with pytest.raises(NotAllowed, match=LIST):
        layer["class_name"] = "Lambda"
        check_description(
            json.dumps({"class_name": "Sequential", "config": [layer]})
        )
