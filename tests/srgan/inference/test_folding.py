"""Folded networks compute the same as the originals."""

import keras
import numpy as np
import pytest

from srgan import Generator
from srgan.inference.folding import FoldedModel
from srgan.inference.upscale import upscale

layers = keras.layers


def perturb(model):
    """Adds noise to every weight, moving statistics included."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        value = weight.numpy()
        noise = random.normal(0, 0.05, value.shape)
        weight.assign(np.abs(value + noise) if "vari" in weight.path else
                      value + noise)  # fmt: skip
    return model


def image(height, width):
    random = np.random.default_rng(1)
    return random.uniform(0, 255, (1, height, width, 3)).astype("float32")


@pytest.mark.parametrize("scale", [3, 4])
@pytest.mark.parametrize("size", [(9, 12), (8, 7)])
def test_srresnet_is_folded_with_equal_outputs(scale, size):
    model = perturb(Generator(scale, 2, 8, batch_norm=True))
    folded = FoldedModel(model)
    # Two normalizations in each of two blocks, one behind the trunk, each with
    # its convolution, and the tail.
    assert len(folded.replaced) == 2 * 5 + 1
    high = model(image(*size)).numpy()
    assert high.std() > 10
    np.testing.assert_allclose(folded(image(*size)), high, atol=2e-2)


def test_untrusted_layers_of_every_kind():
    """Normalisations that can be folded, that cannot, and odd neighbors."""
    x = keras.Input((None, None, 3))
    scores = layers.Normalization(mean=[9.0, 8, 7], variance=[4.0, 9, 16])
    y = scores(x)
    y = layers.Conv2D(6, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization(scale=False)(y)
    y = layers.Dropout(0.5)(y)
    y = layers.Conv2DTranspose(5, 4, strides=2, padding="same", use_bias=False)(
        y
    )
    y = layers.BatchNormalization(center=False, epsilon=0.1)(y)
    y = layers.Conv2D(4, 3, padding="same", activation="relu")(y)
    y = layers.BatchNormalization()(y)
    z = layers.Conv2D(4, 1)(y)
    w = layers.BatchNormalization()(z)
    y = layers.Add()([w, z])
    y = layers.Lambda(lambda t: t * 2)(y)
    y = layers.Conv2D(3, (5, 7), padding="same", activation="tanh")(y)
    model = perturb(keras.Model(x, y))
    folded = FoldedModel(model)
    assert len(folded.replaced) == 2 * 2 + 1
    np.testing.assert_allclose(
        folded(image(7, 9)), model(image(7, 9)), atol=1e-4
    )


def test_outputs_of_a_model_are_not_folded():
    x = keras.Input((None, None, 3))
    y = layers.Conv2D(4, 3)(x)
    model = perturb(keras.Model(x, [y, layers.BatchNormalization()(y)]))
    for ours, theirs in zip(
        FoldedModel(model)(image(5, 6)), model(image(5, 6)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_half_precision_is_not_folded():
    policy = keras.dtype_policies.get("mixed_bfloat16")
    x = keras.Input((None, None, 3))
    y = layers.Conv2D(4, 3, dtype=policy)(x)
    y = layers.BatchNormalization(dtype=policy)(y)
    y = layers.Conv2D(3, 9, padding="same", dtype=policy)(y)
    model = keras.Model(x, y)
    assert not FoldedModel(model).replaced
    assert FoldedModel(model)(image(9, 9)).dtype == model(image(9, 9)).dtype


def test_models_without_foldable_layers_run_unchanged():
    for model in (
        Generator(2, 1, 4, compact=True),
        keras.Sequential([layers.Conv2D(4, 3), layers.BatchNormalization()]),
    ):
        high = model(image(5, 6))
        assert not FoldedModel(model).replaced
        np.testing.assert_array_equal(FoldedModel(model)(image(5, 6)), high)


def strided():
    """A network that is not streamed by rows."""
    low = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(low)
    x = layers.BatchNormalization()(x)
    x = layers.UpSampling2D(4)(x)
    return keras.Model(low, layers.Conv2D(3, 1, name="tail")(x))


@pytest.mark.parametrize(
    "make", [strided, lambda: Generator(2, 1, 4, batch_norm=True)]
)
def test_images_are_upscaled_with_current_weights(make):
    """Although the upscaler is cached."""
    model, low = perturb(make()), image(6, 8)
    for shift in (0.0, 5.0):
        model.get_layer("tail").bias.assign_add([shift] * 3)
        expected = np.clip(model(low)[0], 0, 255)
        high = upscale(low[0], model)
        np.testing.assert_allclose(high, expected, atol=2e-2)


def test_a_network_that_is_not_streamed_is_folded(monkeypatch):
    runs = []
    run = FoldedModel.__call__

    def spy(self, *given, **more):
        runs.append(len(self.replaced))
        return run(self, *given, **more)

    monkeypatch.setattr(FoldedModel, "__call__", spy)
    upscale(image(6, 8)[0], perturb(strided()))
    assert runs and min(runs) > 0
