"""Features and their losses against direct computation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from srgan import Discriminator, FeatureExtractor
from srgan.losses.perceptual import perceptual_distance, perceptual_loss
from srgan.models.feature_extractor import (
    build_feature_extractor,
    load_feature_network,
)

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("f")


@pytest.fixture
def network():
    """Two convolutions whose arithmetic can be done by hand."""
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(4, 1, activation="relu", name="first")(x)
    y = keras.layers.Conv2D(2, 1, activation="relu", name="second")(y)
    return keras.Model(x, y)


def expected_features(network, pixels, rectified=True):
    kernel, bias = network.get_layer("first").get_weights()
    features = pixels @ kernel[0, 0] + bias
    return np.maximum(features, 0) if rectified else features


PREPROCESSING = {
    # keras.applications: BGR minus ImageNet's means; standard scores; -1..1.
    "caffe": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "torch": lambda x: (
        (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    ),
    "tf": lambda x: x / 127.5 - 1,
    "none": lambda x: x,
}


@pytest.mark.parametrize("name", PREPROCESSING)
def test_pixels_are_preprocessed(network, name):
    extract = FeatureExtractor(network, ["first"], name)
    before = PIXELS.copy()
    (features,) = extract(PIXELS)
    expected = expected_features(network, PREPROCESSING[name](PIXELS))
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(PIXELS, before)


def test_pre_activation_and_factor(network):
    extract = FeatureExtractor(
        network, ["first"], "none", pre_activation=True, factor=0.5
    )
    (features,) = extract(PIXELS)
    expected = 0.5 * expected_features(network, PIXELS, rectified=False)
    assert (expected < 0).any()
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)


def test_pre_activation_needs_an_activation():
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(2, 1, name="linear")(x)
    y = keras.layers.ReLU(name="apart")(y)
    for name in ("linear", "apart"):
        with pytest.raises(UserError, match=f"'{name}' is no convolution with"):
            FeatureExtractor(keras.Model(x, y), [name], pre_activation=True)


def test_several_layers_before_their_activations(network):
    extract = FeatureExtractor(
        network, ["first", "second"], "none", pre_activation=True
    )
    first, second = extract(PIXELS)
    np.testing.assert_allclose(
        first,
        expected_features(network, PIXELS, rectified=False),
        rtol=1e-4,
        atol=1e-3,
    )
    # The second layer's input is the first after its activation.
    kernel, bias = network.get_layer("second").get_weights()
    expected = expected_features(network, PIXELS) @ kernel[0, 0] + bias
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-3)


def test_content_loss_is_the_mean_error_over_layers():
    first = [np.zeros((1, 2, 2, 1)), np.zeros((1, 1, 1, 4))]
    second = [np.full((1, 2, 2, 1), 3.0), np.full((1, 1, 1, 4), -1.0)]
    assert float(perceptual_loss(first, second, "mse")) == pytest.approx(5.0)
    assert float(perceptual_loss(first, second, "l1")) == pytest.approx(2.0)


def test_the_gradient_is_of_the_pixels_and_not_of_the_network(network):
    extract = FeatureExtractor(network, ["first", "second"])
    sr = tf.Variable(PIXELS)
    weights = network.get_weights()
    with tf.GradientTape() as tape:
        loss = perceptual_loss(extract(sr), extract(PIXELS[::-1]))
    gradient = tape.gradient(loss, sr)
    # A gradient step reduces the loss.
    step = 1.0 / float(tf.reduce_max(tf.abs(gradient)))
    lower = perceptual_loss(
        extract(sr - step * gradient), extract(PIXELS[::-1])
    )
    assert float(lower) < float(loss)
    for before, after in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_features_of_the_discriminator_are_its_activations():
    discriminator = Discriminator(width=0.1)
    extract = build_feature_extractor("discriminator", (), discriminator)
    assert not extract.fixed
    features = extract(PIXELS)
    assert [f.shape[-1] for f in features] == [6, 13, 26, 51]
    expected = keras.Model(
        discriminator.input, discriminator.get_layer("leaky1").output
    )
    np.testing.assert_allclose(features[0], expected(PIXELS), atol=1e-5)


def test_one_pass_returns_the_features_and_logits_of_two():
    discriminator = Discriminator(width=0.1)
    extract = FeatureExtractor(
        discriminator, discriminator.FEATURES, "none", factor=0.5
    )
    features, logit = extract.with_output(PIXELS)
    for one, two in zip(features, extract(PIXELS), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(logit, discriminator(PIXELS, training=False))


def test_distance_is_of_normalized_features(network):
    extract = FeatureExtractor(network, ["first"], "none")
    first, second = PIXELS[:1], PIXELS[1:]
    a, b = expected_features(network, first), expected_features(network, second)
    length_a = np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-12)
    length_b = np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-12)
    error = ((a / length_a - b / length_b) ** 2).sum(axis=-1).mean()
    distance = perceptual_distance(extract, first, second)
    assert set(distance) == {"first"}
    np.testing.assert_allclose(distance["first"], [error], rtol=1e-4)
    same = perceptual_distance(extract, first, first)["first"]
    np.testing.assert_allclose(same, [0.0], atol=1e-6)


def test_the_error_of_an_unknown_layer_lists_the_layers(network):
    with pytest.raises(UserError, match=r"'third'.*first, second"):
        FeatureExtractor(network, ["third"])


def test_networks_without_feature_maps_are_rejected():
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(2, 3, name="conv")(x)
    y = keras.layers.GlobalAveragePooling2D(name="mean")(y)
    with pytest.raises(UserError, match=r"'mean'.* is no feature map"):
        FeatureExtractor(keras.Model(x, y), ["conv", "mean"])
    x = keras.Input((32, 32, 3))
    fixed = keras.Model(x, keras.layers.Conv2D(2, 3, name="conv")(x))
    with pytest.raises(UserError, match=r"\(32, 32\) pixels only"):
        FeatureExtractor(fixed, ["conv"])
    x = keras.Input((None, 3))
    text = keras.Model(x, keras.layers.Dense(2, name="conv")(x))
    with pytest.raises(UserError, match="no image"):
        FeatureExtractor(text, ["conv"])


def test_a_feature_file_by_its_last_layer_or_by_name(network, tmp_path):
    path = tmp_path / "features.h5"
    network.save(path)
    discriminator = Discriminator(width=0.1)
    last = build_feature_extractor(
        str(path), (), discriminator, preprocessing="none"
    )
    named = build_feature_extractor(
        str(path), ("first",), discriminator, preprocessing="none"
    )
    np.testing.assert_allclose(last(PIXELS)[0], network(PIXELS), rtol=1e-5)
    np.testing.assert_allclose(
        named(PIXELS)[0],
        expected_features(network, PIXELS),
        rtol=1e-4,
        atol=1e-3,
    )


@pytest.mark.integration
def test_distances_equal_the_published_ones_of_a_peer(outside):
    """Distances on Set5 published with the peer's weights, .1403 and .1309.

    Within .001: the peer may crop or round differently.
    """
    from srgan.image_io.files import read_rgb
    from srgan.inference.load import load

    network = load_feature_network(str(outside("perceptual/vgg16_features.h5")))
    extract = FeatureExtractor(network, ["block3_conv3", "block4_conv3"])
    peer = load(outside("peers/krasserm/gan_generator.h5"))
    distances = []
    for path in sorted(outside("data/sr/test/Set5/HR").iterdir()):
        sr = read_rgb(path)
        height, width = (side // 4 * 4 for side in sr.shape[:2])
        lr = read_rgb(path.parent.parent / f"LR_bicubic_X4/{path.stem}x4.png")
        upscaled = np.clip(np.round(peer(lr[None].astype("float32"))), 0, 255)
        distance = perceptual_distance(
            extract, upscaled, sr[None, :height, :width]
        )
        distances.append([float(distance[name][0]) for name in extract.layers])
    np.testing.assert_allclose(
        np.mean(distances, axis=0), [0.1403, 0.1309], atol=1e-3
    )
