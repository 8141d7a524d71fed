import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage

from gancore.errors import UserError
from srgan.data.degradation.mixed import degrade_mixed
from srgan.data.degradation.mixes import MIXES, MixConfig
from srgan.data.mapping_network import MappingNetwork

RANDOM = np.random.default_rng(0)
IMAGE = ndimage.gaussian_filter(
    RANDOM.uniform(-300, 560, (64, 96, 3)), (2, 2, 0)
).clip(0, 255)
IMAGE = np.round(IMAGE).astype("uint8")
CLEAN = MixConfig(
    downscaling_shares=(1, 0, 0, 0),
    blur_probability=0.0,
    noise_probability=0.0,
    jpeg_probability=0.0,
)


def change(**changes):
    return dataclasses.replace(CLEAN, **changes)


def many(config, count=100, hr=IMAGE, scale=4):
    """Degrades the same image with the seeds (0, 1), (1, 1), ..."""
    data = tf.data.Dataset.range(count, output_type=tf.int32).map(
        lambda i: degrade_mixed(hr, scale, tf.stack([i, 1]), config)
    )
    return np.stack(list(data.as_numpy_iterator()))


def share_changed(results):
    clean = MappingNetwork(4)(IMAGE).numpy().astype("float32")
    return np.mean([(result != clean).any() for result in results])


def test_without_operations_it_is_the_clean_mapping():
    assert share_changed(many(CLEAN, 3)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"blur_probability": 0.4, "blur_sigma": (0.5, 0.6)},
        {"noise_probability": 0.4},
        {"jpeg_probability": 0.4},
        {"again_probability": 0.4},
    ],
)
def test_each_operation_happens_in_its_share(changes):
    assert share_changed(many(change(**changes))) == pytest.approx(
        0.4, abs=0.15
    )


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_keeps_a_part_clean(name):
    only = dataclasses.replace(MIXES[name], downscaling_shares=(1, 0, 0, 0))
    clean = 1 - share_changed(many(only, 200))
    assert 0.1 < clean < 0.3


@pytest.mark.parametrize(
    ("way", "filter_"),
    [
        (1, Image.Resampling.BICUBIC),
        (2, Image.Resampling.BILINEAR),
        (3, Image.Resampling.BOX),
    ],
)
def test_downscaling_is_that_of_pillow(way, filter_):
    shares = tuple(float(i == way) for i in range(4))
    (lr,) = many(change(downscaling_shares=shares), 1)
    expected = Image.fromarray(IMAGE).resize((24, 16), filter_)
    # Pillow mirrors nothing at borders, and rounds between its passes.
    difference = np.abs(lr - np.asarray(expected, "float32"))[2:-2, 2:-2]
    assert difference.max() <= 1


def test_noise_has_the_configured_strength_and_color():
    flat = np.full((256, 256, 3), 128, "uint8")
    config = change(
        noise_probability=1.0, noise_sigma=(10.0, 10.0), gray_probability=0.5
    )
    results = many(config, 40, flat)
    assert results.std() == pytest.approx(10, rel=0.05)
    gray = [np.ptp(result, axis=-1).max() == 0 for result in results]
    assert np.mean(gray) == pytest.approx(0.5, abs=0.25)


def test_jpeg_is_that_of_libjpeg_where_the_grid_starts_at_the_corner():
    config = change(jpeg_probability=1.0, jpeg_quality=(40, 40))
    clean = MappingNetwork(4)(IMAGE).numpy()
    file = io.BytesIO()
    Image.fromarray(clean).save(file, "JPEG", quality=40)
    expected = np.asarray(Image.open(file), "float32")
    results = many(config, 200)
    # One of 256 starts of the grid; others differ in their blocks.
    errors = [np.abs(result - clean).mean() for result in results]
    assert np.mean(errors) == pytest.approx(
        np.abs(expected - clean).mean(), rel=0.15
    )
    assert len({result.tobytes() for result in results}) > 60


@pytest.mark.parametrize("name", MIXES)
def test_it_is_seeded_aligned_and_of_whole_levels(name):
    first, again = many(MIXES[name], 12), many(MIXES[name], 12)
    np.testing.assert_array_equal(first, again)
    assert (first == np.round(first)).all()
    assert first.min() >= 0 and first.max() <= 255
    eager = degrade_mixed(IMAGE, 4, [3, 1], MIXES[name])
    np.testing.assert_allclose(eager, first[3], atol=1)
    clean = MappingNetwork(4)(IMAGE).numpy().astype("float32")
    for result in first:
        errors = {
            shift: np.abs(np.roll(result, shift, (0, 1)) - clean)[
                2:-2, 2:-2
            ].mean()
            for shift in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
        }
        assert min(errors, key=errors.get) == (0, 0)


def test_bad_values_are_an_error():
    with pytest.raises(UserError, match="noise_probability is 2"):
        MixConfig(noise_probability=2)
    with pytest.raises(UserError, match="again_factor"):
        MixConfig(again_factor=(2.0, 1.0))
    with pytest.raises(tf.errors.InvalidArgumentError, match="no multiple"):
        degrade_mixed(IMAGE[:63], 4, [0, 0])
