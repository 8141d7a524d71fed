"""Bands of rows, streamed through a network, equal the image at once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from srgan import Generator
from srgan.inference.receptive_field import receptive_field
from srgan.inference.row_convolution import NotStreamable
from srgan.inference.streaming import StreamedModel
from srgan.inference.tiled_upscaler import TiledUpscaler

layers = keras.layers
RANDOM = np.random.default_rng(0)
HEIGHT, WIDTH = 31, 11


def perturb(model):
    """Adds noise to every weight but those of the bicubic skip."""
    for weight in model.weights:
        value = weight.numpy()
        noise = RANDOM.normal(0, 0.05, value.shape)
        if "vari" in weight.path:
            weight.assign(np.abs(value + noise))
        elif "bicubic" not in weight.path:
            weight.assign(value + noise)
    return model


def odd_kernels():
    """Even kernels, dilation, and deconvolutions of unequal strides."""
    low = keras.Input((None, None, 3))
    x = layers.Conv2D(6, (2, 4), padding="same", use_bias=False)(low)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.Conv2DTranspose(5, 4, strides=2, padding="same")(x)
    x = layers.BatchNormalization(center=False, epsilon=0.1)(x)
    y = layers.Conv2D(5, 3, dilation_rate=3, padding="same")(x)
    x = layers.Concatenate()([y, x, y])
    x = layers.Conv2DTranspose(
        7, (2, 5), strides=(3, 2), padding="same", activation="tanh"
    )(x)
    x = layers.UpSampling2D((1, 3))(x)
    x = layers.Conv2DTranspose(4, (1, 3), strides=(2, 1), padding="same")(x)
    return keras.Model(low, layers.Conv2D(3, (5, 7), padding="same")(x))


MODELS = {
    "compact x4": lambda: Generator(4, 2, 4, compact=True),
    "compact x3": lambda: Generator(3, 1, 4, compact=True),
    "SRResNet": lambda: Generator(2, 1, 4, batch_norm=True),
    "noise": lambda: Generator(2, 1, 4, noise_channels=2),
    "odd kernels": odd_kernels,
}


def image(*shape):
    return RANDOM.uniform(0, 255, shape).astype("float32")


def stream(streamed, inputs, rows):
    """Concatenates the outputs of bands of the given numbers of rows."""
    assert sum(rows) == HEIGHT
    call = tf.function(
        lambda *given: streamed(*given),
        input_signature=[
            [tf.TensorSpec((1, None, None, x.shape[-1])) for x in inputs],
            streamed.state_signature(),
            tf.TensorSpec((), tf.bool),
            tf.TensorSpec((), tf.bool),
        ],
    )
    state, outputs, start = streamed.initial_state(WIDTH), [], 0
    for count in rows:
        stop = start + count
        band = [tf.constant(x[:, start:stop]) for x in inputs]
        output, state = call(
            band, state, tf.constant(start == 0), tf.constant(stop == HEIGHT)
        )
        outputs.append(output.numpy())
        start = stop
    return np.concatenate(outputs, axis=1), outputs


@pytest.mark.parametrize("name", MODELS)
def test_bands_equal_the_whole_image(name):
    model = perturb(MODELS[name]())
    inputs = [image(1, HEIGHT, WIDTH, t.shape[-1]) for t in model.inputs]
    expected = model(inputs if len(inputs) > 1 else inputs[0]).numpy()
    assert expected.std() > 0.05
    streamed = StreamedModel(model)
    first = streamed.min_rows
    assert first <= receptive_field(model).radius + 2
    left = HEIGHT - first
    for rows in ([HEIGHT], [first, 1, 1, 3, left - 5]):
        output, parts = stream(streamed, inputs, rows)
        np.testing.assert_allclose(output, expected, rtol=1e-4, atol=2e-3)
        assert all(part.shape[1] for part in parts)


def test_later_training_takes_effect():
    model = perturb(MODELS["SRResNet"]())
    streamed, inputs = StreamedModel(model), [image(1, HEIGHT, WIDTH, 3)]
    perturb(model)
    output, _ = stream(streamed, inputs, [HEIGHT])
    np.testing.assert_allclose(output, model(inputs[0]), rtol=1e-4, atol=2e-3)


def unstreamable():
    low = keras.Input((None, None, 3))
    yield layers.Conv2D(3, 3, strides=2, padding="same")
    yield layers.Conv2D(3, 3)
    yield layers.Conv2D(3, 3, groups=3, padding="same")
    yield layers.Conv2D(3, 3, padding="same", dtype="mixed_bfloat16")
    yield layers.Conv2DTranspose(3, 3, strides=2)
    yield layers.UpSampling2D(2, interpolation="bilinear")
    yield layers.MaxPooling2D(2)
    yield layers.GlobalAveragePooling2D(keepdims=True)
    yield layers.Lambda(lambda x: x)
    yield keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(3, 1)])
    shared = layers.Conv2D(3, 3, padding="same")
    yield keras.Model(low, shared(shared(low)))


@pytest.mark.parametrize("layer", unstreamable())
def test_other_layers_are_not_streamed(layer):
    low = keras.Input((None, None, 3))
    with pytest.raises(NotStreamable):
        StreamedModel(keras.Model(low, layer(low)))
    if not isinstance(layer, keras.Model):
        return
    with pytest.raises(NotStreamable):
        StreamedModel(layer)


def test_more_memory_allows_more_rows():
    streamed = StreamedModel(Generator(4, 2, 8, compact=True))
    assert streamed.rows_within(1000, 99) == 0
    rows = [streamed.rows_within(2**n, 4096) for n in range(10, 26)]
    assert rows == sorted(rows)
    assert rows[-1] == 4096
    assert len(set(rows)) > 5


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_a_stream_equals_one_tile(channels, kind, monkeypatch):
    for name in ("_BAND_PIXELS", "_BAND_ROWS"):
        monkeypatch.setattr(f"srgan.inference.stream_bands.{name}", 2)
    model = perturb(Generator(4, 1, 4, noise_channels=channels % 2))
    pixels = (
        image(50, 20, channels) * (257 if kind == "uint16" else 1)
    ).astype(kind)
    pixels[..., -1] *= RANDOM.random((50, 20)) < 0.7
    steps = []
    bands = list(TiledUpscaler(model, seed=3).bands(pixels, steps.append))
    assert len(bands) == len(steps) == steps[0] > 5
    (whole,) = TiledUpscaler(model, seed=3, tile_size=64).bands(pixels)
    # A value between two levels may be rounded either way.
    difference = np.abs(np.concatenate(bands).astype(int) - whole)
    assert difference.max() <= 1
