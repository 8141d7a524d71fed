"""A folded network gives what the network gives."""

import keras
import numpy as np
import pytest

from srgan import Generator
from srgan.enlarging.folding import fold
from srgan.enlarging.upscaling import upscale

layers = keras.layers


def stir(model):
    """Moves every weight, moving statistics included, off its start."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        value = weight.numpy()
        noise = random.normal(0, 0.05, value.shape)
        weight.assign(np.abs(value + noise) if "vari" in weight.path else
                      value + noise)  # fmt: skip
    return model


def picture(height, width):
    random = np.random.default_rng(1)
    return random.uniform(0, 255, (1, height, width, 3)).astype("float32")


def names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize("scale", [3, 4])
@pytest.mark.parametrize("size", [(9, 12), (8, 7)])
def test_the_papers_generator_is_folded_and_gives_the_same(scale, size):
    model = stir(Generator(scale, 2, 8, batch_norm=True))
    folded = fold(model)
    # Two normalisations in each of two blocks, one behind the trunk.
    assert len(names(model)) - len(names(folded)) == 5
    assert not any("norm" in name for name in names(folded))
    high = model(picture(*size)).numpy()
    assert high.std() > 10
    np.testing.assert_allclose(folded(picture(*size)), high, atol=2e-2)


def test_a_strangers_normalisations_of_every_kind():
    x = keras.Input((None, None, 3))
    y = layers.Conv2D(6, 3, padding="same", use_bias=False, name="c0")(x)
    y = layers.BatchNormalization(scale=False, name="n0")(y)
    y = layers.Conv2DTranspose(
        5, 4, strides=2, padding="same", use_bias=False, name="c1"
    )(y)
    y = layers.BatchNormalization(center=False, epsilon=0.1, name="n1")(y)
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="c2")(y)
    y = layers.BatchNormalization(name="kept_behind_relu")(y)
    z = layers.Conv2D(4, 1, name="c3")(y)
    w = layers.BatchNormalization(name="kept_beside_another_use")(z)
    y = layers.Add()([w, z])
    y = layers.Conv2D(3, (5, 7), padding="same", activation="tanh")(y)
    model = stir(keras.Model(x, y))
    before = [w.copy() for w in model.get_weights()]
    folded = fold(model)
    kinds = layers.BatchNormalization
    norms = [x.name for x in folded.layers if isinstance(x, kinds)]
    assert norms == ["kept_behind_relu", "kept_beside_another_use"]
    np.testing.assert_allclose(
        folded(picture(7, 9)), model(picture(7, 9)), atol=1e-4
    )
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_has_nothing_to_fold_is_left():
    compact = Generator(2, 1, 4, compact=True)
    assert fold(compact) is compact
    x = keras.Input((None, None, 3))
    inner = Generator(2, 1, 4, batch_norm=True)
    nested = keras.Model(x, inner(x))
    assert fold(nested) is nested


def test_pictures_are_enlarged_by_the_folded_network():
    model = stir(Generator(2, 1, 4, batch_norm=True))
    low = picture(6, 9)
    high = upscale(low[0], model)
    expected = np.clip(model(low)[0], 0, 255)
    np.testing.assert_allclose(high, expected, atol=2e-2)
