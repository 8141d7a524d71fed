"""Features against hand computation, and where their gradient goes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from srgan import Discriminator, FeatureExtractor
from srgan.losses.perceptual import make_extractor, perceptual_distance
from srgan.losses.pixel import content_loss
from srgan.models.feature_extractor import load_features

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("f")


@pytest.fixture
def network():
    """Two convolutions whose arithmetic can be done by hand."""
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(4, 1, activation="relu", name="first")(x)
    y = keras.layers.Conv2D(2, 1, activation="relu", name="second")(y)
    return keras.Model(x, y)


def by_hand(network, pixels, rectified=True):
    kernel, bias = network.get_layer("first").get_weights()
    features = pixels @ kernel[0, 0] + bias
    return np.maximum(features, 0) if rectified else features


RANGES = {
    # keras.applications: BGR less ImageNet's means; standard scores; -1..1.
    "caffe": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "torch": lambda x: (
        (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    ),
    "tf": lambda x: x / 127.5 - 1,
    "none": lambda x: x,
}


@pytest.mark.parametrize("name", RANGES)
def test_pixels_reach_the_network_in_its_range(network, name):
    extract = FeatureExtractor(network, ["first"], name)
    before = PIXELS.copy()
    (features,) = extract(PIXELS)
    expected = by_hand(network, RANGES[name](PIXELS))
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(PIXELS, before)


def test_before_activation_and_factor(network):
    extract = FeatureExtractor(
        network, ["first"], "none", pre_activation=True, factor=0.5
    )
    (features,) = extract(PIXELS)
    expected = 0.5 * by_hand(network, PIXELS, rectified=False)
    assert (expected < 0).any()
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)


def test_nothing_comes_before_no_activation():
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
        first, by_hand(network, PIXELS, rectified=False), rtol=1e-4, atol=1e-3
    )
    # The second still sees the first after its activation.
    kernel, bias = network.get_layer("second").get_weights()
    expected = by_hand(network, PIXELS) @ kernel[0, 0] + bias
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-3)


def test_content_loss_is_the_mean_over_layers_of_the_error():
    first = [np.zeros((1, 2, 2, 1)), np.zeros((1, 1, 1, 4))]
    second = [np.full((1, 2, 2, 1), 3.0), np.full((1, 1, 1, 4), -1.0)]
    assert float(content_loss(first, second, "mse")) == pytest.approx(5.0)
    assert float(content_loss(first, second, "l1")) == pytest.approx(2.0)


def test_the_gradient_reaches_pixels_and_not_the_network(network):
    extract = FeatureExtractor(network, ["first", "second"])
    high = tf.Variable(PIXELS)
    weights = network.get_weights()
    with tf.GradientTape() as tape:
        loss = content_loss(extract(high), extract(PIXELS[::-1]))
    gradient = tape.gradient(loss, high)
    # A step down it brings the features nearer.
    step = 1.0 / float(tf.reduce_max(tf.abs(gradient)))
    nearer = content_loss(
        extract(high - step * gradient), extract(PIXELS[::-1])
    )
    assert float(nearer) < float(loss)
    for before, after in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_discriminator_sees_as_it_would_discriminator():
    discriminator = Discriminator(width=0.1)
    extract = make_extractor("discriminator", (), discriminator)
    assert not extract.fixed
    features = extract(PIXELS)
    assert [f.shape[-1] for f in features] == [6, 13, 26, 51]
    expected = keras.Model(
        discriminator.input, discriminator.get_layer("leaky1").output
    )
    np.testing.assert_allclose(features[0], expected(PIXELS), atol=1e-5)


def test_features_and_logit_of_one_run_are_those_of_two():
    discriminator = Discriminator(width=0.1)
    extract = FeatureExtractor(
        discriminator, discriminator.FEATURES, "none", factor=0.5
    )
    features, logit = extract.with_output(PIXELS)
    for one, two in zip(features, extract(PIXELS), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(logit, discriminator(PIXELS, training=False))


def test_distance_is_that_of_directions(network):
    extract = FeatureExtractor(network, ["first"], "none")
    first, second = PIXELS[:1], PIXELS[1:]
    a, b = by_hand(network, first), by_hand(network, second)
    length_a = np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-12)
    length_b = np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-12)
    gap = ((a / length_a - b / length_b) ** 2).sum(axis=-1).mean()
    distance = perceptual_distance(extract, first, second)
    assert set(distance) == {"first"}
    np.testing.assert_allclose(distance["first"], [gap], rtol=1e-4)
    same = perceptual_distance(extract, first, first)["first"]
    np.testing.assert_allclose(same, [0.0], atol=1e-6)


def test_an_unknown_layer_is_named_with_those_there_are(network):
    with pytest.raises(UserError, match=r"'third'.*first, second"):
        FeatureExtractor(network, ["third"])


def test_networks_that_give_no_maps_of_any_image_are_refused():
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(2, 3, name="seen")(x)
    y = keras.layers.GlobalAveragePooling2D(name="mean")(y)
    with pytest.raises(UserError, match=r"'mean'.*gives no map of features"):
        FeatureExtractor(keras.Model(x, y), ["seen", "mean"])
    x = keras.Input((32, 32, 3))
    fixed = keras.Model(x, keras.layers.Conv2D(2, 3, name="seen")(x))
    with pytest.raises(UserError, match=r"\(32, 32\) pixels only"):
        FeatureExtractor(fixed, ["seen"])
    x = keras.Input((None, 3))
    text = keras.Model(x, keras.layers.Dense(2, name="seen")(x))
    with pytest.raises(UserError, match="not a image"):
        FeatureExtractor(text, ["seen"])


def test_a_file_of_features_by_its_last_layer_or_by_name(network, tmp_path):
    path = tmp_path / "features.h5"
    network.save(path)
    discriminator = Discriminator(width=0.1)
    last = make_extractor(str(path), (), discriminator, pixel_range="none")
    named = make_extractor(
        str(path), ("first",), discriminator, pixel_range="none"
    )
    np.testing.assert_allclose(last(PIXELS)[0], network(PIXELS), rtol=1e-5)
    np.testing.assert_allclose(
        named(PIXELS)[0], by_hand(network, PIXELS), rtol=1e-4, atol=1e-3
    )


def test_the_measure_of_a_trained_peer(outside):
    """Distances on Set5 published with the peer's weights, .1403 and .1309.

    Within .001: theirs may crop or round another way.
    """
    from srgan.image_io.files import read_rgb
    from srgan.inference.load import load

    network = load_features(str(outside("perceptual/vgg16_features.h5")))
    extract = FeatureExtractor(network, ["block3_conv3", "block4_conv3"])
    peer = load(outside("peers/krasserm/gan_generator.h5"))
    gaps = []
    for path in sorted(outside("data/sr/test/Set5/HR").iterdir()):
        high = read_rgb(path)
        height, width = (side // 4 * 4 for side in high.shape[:2])
        low = read_rgb(path.parent.parent / f"LR_bicubic_X4/{path.stem}x4.png")
        upscaled = np.clip(np.round(peer(low[None].astype("float32"))), 0, 255)
        distance = perceptual_distance(
            extract, upscaled, high[None, :height, :width]
        )
        gaps.append([float(distance[name][0]) for name in extract.layers])
    np.testing.assert_allclose(
        np.mean(gaps, axis=0), [0.1403, 0.1309], atol=1e-3
    )
