from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from srgan import MappingNetwork
from srgan.data.bicubic import cubic
from srgan.models.bicubic_skip import bicubic_skip


def make_image(height=24, width=36):
    """A smooth image in the middle of the range, so that nothing clips."""
    y, x = np.mgrid[:height, :width][..., None]
    waves = np.sin(x / 3 + np.arange(3)) + np.cos(y / 4)
    return np.round(128 + 40 * waves).astype("uint8")


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("name", ["baby", "bird", "butterfly", "head", "woman"])
def test_set5_is_byte_exact_with_matlab(scale, name, outside):
    hr = read(outside(f"data/sr/test/Set5/HR/{name}.png"))
    lr = read(
        outside(f"data/sr/test/Set5/LR_bicubic_X{scale}/{name}x{scale}.png")
    )
    height, width = (side // scale * scale for side in hr.shape[:2])
    ours = MappingNetwork(scale)(hr[:height, :width])
    np.testing.assert_array_equal(ours, lr)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_mapping_equals_the_definition_of_imresize(scale):
    """Against MATLAB's documented algorithm in plain loops."""
    column = make_image()[:, 0, 0].astype(float)
    padded = np.concatenate([column[::-1], column, column[::-1]])
    expected = []
    for out in range(1, len(column) // scale + 1):
        center = out * scale + 0.5 * (1 - scale)
        taps = np.arange(len(padded)) - len(column) + 1
        weights = np.asarray(cubic((center - taps) / scale))
        expected.append(
            np.floor((weights * padded).sum() / weights.sum() + 0.5)
        )
    image = np.broadcast_to(column[:, None, None], (len(column), 8, 1))
    ours = MappingNetwork(scale)(image.astype("uint8"))
    np.testing.assert_array_equal(ours[:, 0, 0], expected)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_mapping_is_the_same_eager_and_in_a_dataset(scale):
    mapping, image = MappingNetwork(scale), make_image()
    data = tf.data.Dataset.from_tensors(image)
    for function in (mapping, mapping.upscale):
        (in_graph,) = data.map(function).as_numpy_iterator()
        np.testing.assert_array_equal(in_graph, function(image))
        batch = function(np.stack([image, image]))
        np.testing.assert_array_equal(batch[1], in_graph)


def test_sizes_are_divided_and_rounded_up():
    assert MappingNetwork(4)(make_image(23, 37)).shape == (6, 10, 3)
    assert MappingNetwork(3).upscale(make_image(5, 6)).shape == (15, 18, 3)


def test_one_pixel_is_mapped():
    image = np.full((1, 1, 3), 77, "uint8")
    np.testing.assert_array_equal(
        MappingNetwork(4).upscale(image), np.full((4, 4, 3), 77)
    )


def skip(scale):
    lr = keras.Input((None, None, 3))
    return keras.Model(lr, bicubic_skip(lr, scale))


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_the_skip_equals_tensorflows_bicubic_including_borders(scale):
    image = make_image().astype("float32")[None]
    size = [side * scale for side in image.shape[1:3]]
    expected = tf.image.resize(image, size, "bicubic")
    np.testing.assert_allclose(skip(scale)(image), expected, atol=1e-3)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_skip_equals_matlabs_bicubic_inside(scale):
    image = make_image()[None]
    ours = skip(scale)(image.astype("float32"))
    matlab = MappingNetwork(scale).upscale(image)
    inner = slice(2 * scale, -2 * scale)
    difference = np.abs(ours - tf.cast(matlab, tf.float32))[:, inner, inner]
    # MATLAB rounds after each of the two passes.
    assert difference.max() <= 1.2


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_skip_keeps_a_constant_image_constant(scale):
    for height, width in ((3, 3), (3, 9), (5, 7)):
        constant = np.full((1, height, width, 3), 200, "float32")
        np.testing.assert_allclose(skip(scale)(constant), 200, rtol=1e-5)


def test_bicubic_has_the_published_psnr_on_set5(outside):
    """28.43 dB, Ledig et al. 2017, table 2; measured 28.43 with this code."""
    from srgan.metrics.psnr_ssim import psnr

    mapping, scores = MappingNetwork(4), []
    for path in sorted(outside("data/sr/test/Set5/HR").glob("*.png")):
        hr = read(path)
        height, width = (side // 4 * 4 for side in hr.shape[:2])
        hr = hr[None, :height, :width]
        scores.append(psnr(mapping.upscale(mapping(hr)), hr, 4))
    assert np.mean(scores) == pytest.approx(28.43, abs=0.01)


def test_scale_1_is_rejected():
    with pytest.raises(ValueError, match="scale is 1"):
        MappingNetwork(1)


def test_downscale_is_the_mapping_without_rounding_and_has_a_gradient():
    mapping = MappingNetwork(4)
    hr = tf.Variable(make_image().astype("float32"))
    with tf.GradientTape() as tape:
        lr = mapping.downscale(hr)
        total = tf.reduce_sum(lr)
    rounded = mapping(make_image()).numpy().astype(float)
    # Two roundings to 8 bits, each off by a half at most.
    assert np.abs(lr - rounded).max() < 1.1
    # Each LR pixel is a mean, so a sum has a gradient of 1/16.
    gradient = tape.gradient(total, hr).numpy()
    assert gradient.mean() == pytest.approx(1 / 16, rel=1e-5)
    assert np.abs(gradient).min() > 0


def test_blind_mapping_is_seeded_and_serialized():
    mapping = MappingNetwork(2, "blind")
    hr = make_image()
    first, again, other = (
        mapping(hr, seed=[1, seed]).numpy() for seed in (0, 0, 1)
    )
    assert first.dtype == np.uint8
    assert first.shape == (12, 18, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (
        MappingNetwork.from_config(mapping.get_config()).degradation == "blind"
    )


@pytest.mark.parametrize("name", ["mild", "real"])
def test_mixes_are_seeded_and_serialized(name):
    mapping = MappingNetwork(2, name)
    hr = make_image()
    results = [mapping(hr, seed=[1, seed]).numpy() for seed in range(8)]
    assert len({result.tobytes() for result in results}) > 4
    np.testing.assert_array_equal(results[3], mapping(hr, seed=[1, 3]))
    assert results[0].dtype == np.uint8 and results[0].shape == (12, 18, 3)
    again = MappingNetwork.from_config(mapping.get_config())
    np.testing.assert_array_equal(results[3], again(hr, seed=[1, 3]))


def test_blind_of_an_old_configuration_is_read():
    old = {"name": "mapping", "scale": 2, "blind": True}
    assert MappingNetwork.from_config(old).degradation == "blind"
    assert not MappingNetwork.from_config(
        {"scale": 2, "blind": False}
    ).is_random
    with pytest.raises(ValueError, match="degradation is 'dirty', not clean"):
        MappingNetwork(2, "dirty")
