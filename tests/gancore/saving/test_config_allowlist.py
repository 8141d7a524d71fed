"""Configs that name more than built-in layers are refused."""

from __future__ import annotations

import base64
import json
import marshal

import h5py
import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.config_allowlist import (
    UnsafeConfigError,
    check_model_config,
)

HEAD = 1


def read_config(file):
    return json.loads(file.attrs["model_config"])


def write(file, config):
    text = config if isinstance(config, str | bytes) else json.dumps(config)
    file.attrs["model_config"] = text


def with_layer(name, module=None, **arguments):
    """Replaces the first layer."""

    def modify(config, monitor):
        layer = config["config"]["layers"][HEAD]
        layer["class_name"] = name
        layer["config"] = {"name": "head", **arguments}
        if module:
            layer["module"], layer["registered_name"] = module, None

    return modify


def with_arguments(**arguments):
    def modify(config, monitor):
        config["config"]["layers"][HEAD]["config"].update(arguments)

    return modify


def serialized(name, module, registered=None, **arguments):
    return {
        "class_name": name,
        "module": module,
        "registered_name": registered,
        "config": arguments,
    }


def code(marker):
    """Code as Keras serializes that of a Lambda; it creates a file."""
    run = compile(f"open({str(marker)!r}, 'w')", "injected", "eval")
    return base64.b64encode(marshal.dumps(run)).decode()


def with_lambda(config, monitor):
    body = {"code": code(monitor.marker), "defaults": None, "closure": None}
    function = {"class_name": "__lambda__", "config": body}
    with_layer("Lambda", function=function)(config, monitor)


def with_keras_2_lambda(config, monitor):
    function = [code(monitor.marker), None, None]
    with_layer("Lambda", function=function)(config, monitor)


def with_code_as_activation(config, monitor):
    body = {"value": [code(monitor.marker), None, None]}
    with_arguments(activation={"class_name": "__lambda__", "config": body})(
        config, monitor
    )


def with_nested_lambda(config, monitor):
    inner = json.loads(json.dumps(config))
    with_lambda(inner, monitor)
    inner = {**inner, "name": "head", "inbound_nodes": []}
    config["config"]["layers"][HEAD] = inner


def with_wrapped_lambda(config, monitor):
    inner = {"class_name": "Lambda", "config": {"function": "print"}}
    with_layer("SpectralNormalization", layer=inner)(config, monitor)


def with_vocabulary_file(name):
    def modify(config, monitor):
        with_layer(name, vocabulary=str(monitor.secret))(config, monitor)

    return modify


def with_saved_model(config, monitor):
    with_layer("TFSMLayer", filepath=str(monitor.folder))(config, monitor)


def with_cycle(config, monitor):
    layers = config["config"]["layers"]
    layers[HEAD]["inbound_nodes"], layers[2]["inbound_nodes"] = (
        layers[2]["inbound_nodes"],
        layers[HEAD]["inbound_nodes"],
    )


def with_unknown_input(config, monitor):
    config["config"]["input_layers"] = [["absent", 0, 0]]


def with_many_layers(config, monitor):
    layer = {"class_name": "Identity", "config": {}, "inbound_nodes": []}
    config["config"]["layers"] += [
        {**layer, "name": f"l{i}"} for i in range(2100)
    ]


def with_many_calls(config, monitor):
    node = config["config"]["layers"][2]["inbound_nodes"]
    node *= 17_000


NOT_ALLOWED = "which is not allowed"
CONFIGS = {
    "lambda": (with_lambda, NOT_ALLOWED),
    "lambda of Keras 2": (with_keras_2_lambda, NOT_ALLOWED),
    "nested lambda": (with_nested_lambda, NOT_ALLOWED),
    "wrapped lambda": (with_wrapped_lambda, NOT_ALLOWED),
    "code as activation": (with_code_as_activation, NOT_ALLOWED),
    "function": (
        with_arguments(
            activation=serialized("function", "os", config="system")
        ),
        NOT_ALLOWED,
    ),
    "text vectorization": (
        with_vocabulary_file("TextVectorization"),
        NOT_ALLOWED,
    ),
    "string lookup": (with_vocabulary_file("StringLookup"), NOT_ALLOWED),
    "integer lookup": (with_vocabulary_file("IntegerLookup"), NOT_ALLOWED),
    "vocabulary of a layer": (with_vocabulary_file("Conv2D"), "vocabulary"),
    "saved model": (with_saved_model, NOT_ALLOWED),
    "torch module": (with_layer("TorchModuleWrapper"), NOT_ALLOWED),
    "jax function": (with_layer("JaxLayer", call_fn="print"), NOT_ALLOWED),
    "loss": (with_layer("MeanSquaredError", "keras.losses"), NOT_ALLOWED),
    "download": (
        with_arguments(
            kernel_initializer=serialized(
                "get_file", "keras.utils", origin="http://127.0.0.1:9/x"
            )
        ),
        NOT_ALLOWED,
    ),
    "another module": (with_layer("Conv2D", "os.path"), "not the one of Keras"),
    "inner module": (
        with_layer("Conv2D", "keras.src.layers"),
        "not the one of Keras",
    ),
    "no module": (
        with_arguments(kernel_initializer=serialized("Zeros", "")),
        "not the one of Keras",
    ),
    "registered class": (
        with_arguments(
            kernel_initializer=serialized(
                "Zeros", "keras.initializers", "mine>Zeros"
            )
        ),
        "not the one of Keras",
    ),
    "class that is not a name": (with_layer(["Conv2D"]), NOT_ALLOWED),
    "no class": (with_layer(None), NOT_ALLOWED),
    "tensor": (
        with_arguments(filters=serialized("__tensor__", None)),
        NOT_ALLOWED,
    ),
    "array": (
        with_arguments(filters=serialized("__numpy__", None)),
        NOT_ALLOWED,
    ),
    "bytes": (
        with_arguments(filters=serialized("__bytes__", None)),
        NOT_ALLOWED,
    ),
    "type spec": (
        with_arguments(
            kernel_size={
                "class_name": "TypeSpec",
                "type_spec": "tf.TensorSpec",
                "serialized": [],
            }
        ),
        NOT_ALLOWED,
    ),
    "composite": (
        with_arguments(
            kernel_size={"class_name": "CompositeTensor", "spec": 1}
        ),
        NOT_ALLOWED,
    ),
    "unknown activation": (
        with_arguments(activation="deserialize"),
        "not an activation of Keras",
    ),
    "dtype of text": (with_arguments(dtype="string"), "not an allowed dtype"),
    "quantized dtype": (
        with_arguments(dtype="int8_from_float32"),
        "not an allowed dtype",
    ),
    "quantization": (
        with_arguments(quantization_config={"a": 1}),
        "sets quantization_config",
    ),
    "more weights": (with_arguments(lora_rank=2**20), "sets lora_rank"),
    "unrolled loop": (with_layer("LSTM", units=4, unroll=True), "sets unroll"),
    "stateful": (with_layer("LSTM", units=4, stateful=True), "stateful"),
    "compiled": (
        lambda config, monitor: config.update(compile_config={"loss": "mse"}),
        "sets compile_config",
    ),
    "integer beyond 32 bits": (with_arguments(filters=2**40), "too large"),
    "integer of many digits": (with_arguments(filters=10**400), "too large"),
    "many filters": (with_arguments(filters=10**9), "Keras cannot load"),
    "large kernel": (
        with_arguments(kernel_size=[2**15, 2**15]),
        "Keras cannot",
    ),
    "negative": (with_arguments(filters=-3), "Keras cannot load"),
    "unknown argument": (with_arguments(unheard_of=1), "Keras cannot load"),
    "cycle": (with_cycle, "Keras cannot load"),
    "unknown input": (with_unknown_input, "'absent', which does not exist"),
    "many layers": (with_many_layers, "more than 2048 layers"),
    "many calls": (with_many_calls, "more often than any network"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_config_beyond_built_in_layers_is_refused(
    kind, valid_file, monitor, load
):
    modify, message = CONFIGS[kind]
    with h5py.File(valid_file, "r+") as file:
        config = read_config(file)
        modify(config, monitor)
        write(file, config)
    with pytest.raises(UserError, match=message) as raised:
        load(valid_file)
    assert str(valid_file) in str(raised.value)


@pytest.mark.parametrize(
    ("layers", "index", "arguments"),
    [
        (
            [keras.layers.Embedding(4, 3)],
            1,
            {"input_dim": 10**9, "output_dim": 1000},
        ),
        # A size that follows from others is not an argument.
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
def test_weights_missing_in_the_file_allocate_no_memory(
    layers, index, arguments, tmp_path, load
):
    path = tmp_path / "model.h5"
    shape = (4,) if len(layers) == 1 or index == 2 else (4, 3)
    keras.Sequential([keras.Input(shape), *layers]).save(path)
    assert load(path)
    with h5py.File(path, "r+") as file:
        config = read_config(file)
        config["config"]["layers"][index]["config"].update(arguments)
        write(file, config)
    with pytest.raises(UserError, match="Shape mismatch"):
        load(path)


INVALID_TEXTS = {
    "empty": "",
    "prose": "a convolution",
    "not UTF-8": b"\xff\xfe{}",
    "list": "[]",
    "number": "7",
    "no class": "{}",
    "a layer": '{"class_name": "Conv2D", "config": {}}',
    "NaN": '{"class_name": "Sequential", "config": {"x": NaN}}',
    "infinity": '{"class_name": "Sequential", "config": {"x": 1e999}}',
    "deep": '{"class_name": "Sequential", "config": ' + "[" * 10**5,
    "deep and complete": '{"class_name": "Sequential", "config": '
    + "[" * 150
    + "]" * 150
    + "}",
    "long": '{"class_name": "Sequential", "config": {}' + " " * 2**22 + "}",
}


@pytest.mark.parametrize("kind", INVALID_TEXTS)
def test_invalid_config_is_refused(kind, valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        write(file, INVALID_TEXTS[kind])
    with pytest.raises(UserError, match=r"model\.h5"):
        load(valid_file)


@pytest.mark.parametrize("value", [7, np.arange(3), ["a", "b"]])
def test_config_that_is_not_text_is_refused(value, valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        file.attrs["model_config"] = value
    with pytest.raises(UserError, match=r"model_config of .* is not text"):
        load(valid_file)


def test_weights_without_a_model_are_refused(valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        del file.attrs["model_config"]
    with pytest.raises(UserError, match="holds no Keras model"):
        load(valid_file)


def weights_of_another_shape(file):
    del file["model_weights/head/head/kernel:0"]
    file["model_weights/head/head/kernel:0"] = np.zeros((3, 3, 3, 5), "<f4")


def weights_missing(file):
    file["model_weights/head"].attrs["weight_names"] = ["head/bias:0"]


def no_weights(file):
    del file["model_weights"]


@pytest.mark.parametrize(
    "modify", [weights_of_another_shape, weights_missing, no_weights]
)
def test_weights_that_do_not_match_are_refused(modify, valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        modify(file)
    with pytest.raises(UserError, match="Keras cannot load"):
        load(valid_file)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value, valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        file["model_weights/head/head/bias:0"][0] = value
    with pytest.raises(UserError, match="are not finite"):
        load(valid_file)


def test_training_config_is_not_read(valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        file.attrs["training_config"] = '{"loss": "no such loss"}'
    assert not load(valid_file).compiled


def test_a_failure_leaves_no_uninitialized_variables(valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        config = read_config(file)
        with_arguments(filters=10**9)(config, None)
        write(file, config)
    with pytest.raises(UserError):
        load(valid_file)
    # Leaving a scope initializes all variables that were deferred.
    with keras.StatelessScope():
        pass


def test_control_characters_are_not_printed(valid_file, load):
    with h5py.File(valid_file, "r+") as file:
        config = read_config(file)
        with_layer("\x1b[31mred\x07")(config, None)
        write(file, config)
    with pytest.raises(UserError) as raised:
        load(valid_file)
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
def test_built_in_layers_round_trip(layer, tmp_path, load):
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layer(image))
    network.save(tmp_path / "model.h5")
    loaded = load(tmp_path / "model.h5")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    np.testing.assert_array_equal(loaded(x), network(x))


def test_recurrent_layers_round_trip(tmp_path, load):
    steps = keras.Input((5, 3))
    cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(2)]
    x = keras.layers.RNN(cells, return_sequences=True)(steps)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3))(x)
    network = keras.Model(steps, x)
    network.save(tmp_path / "model.h5")
    x = np.ones((1, 5, 3))
    np.testing.assert_array_equal(load(tmp_path / "model.h5")(x), network(x))


def test_keras_2_config_without_modules_is_allowed():
    layer = {"class_name": "Dense", "config": {"units": 3}}
    check_model_config(
        json.dumps({"class_name": "Sequential", "config": [layer]})
    )
    with pytest.raises(UnsafeConfigError, match=NOT_ALLOWED):
        layer["class_name"] = "Lambda"
        check_model_config(
            json.dumps({"class_name": "Sequential", "config": [layer]})
        )
