import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from srgan.data.degradation import pipeline
from srgan.data.degradation.config import (
    DegradationConfig,
    DegradationPassConfig,
)
from srgan.data.degradation.draws import Draws
from srgan.data.degradation.pipeline import degrade

RANDOM = np.random.default_rng(0)
IMAGE = ndimage.gaussian_filter(
    RANDOM.uniform(-300, 560, (48, 64, 3)), (1, 1, 0)
).clip(0, 255)
IMAGE = np.round(IMAGE).astype("uint8")

# Keeps an image as it is, but for the rounding of two JPEGs of quality 100.
IDENTITY_PASS = DegradationPassConfig(
    blur_probability=0.0,
    up_keep_down=(0, 1, 0),
    gaussian_probability=1.0,
    gaussian_sigma=(0.0, 0.0),
    jpeg_quality=(100, 100),
)
IDENTITY = DegradationConfig(
    first=IDENTITY_PASS, second=IDENTITY_PASS, final_sinc_probability=0.0
)


def change(first=None, second=None, **both):
    """Replaces fields of a pass, or of the config, of IDENTITY."""
    return dataclasses.replace(
        IDENTITY,
        first=dataclasses.replace(IDENTITY_PASS, **(first or {})),
        second=dataclasses.replace(IDENTITY_PASS, **(second or {})),
        **both,
    )


def many(hr, scale, count, config=None):
    """Degrades the same image with the seeds (0, 1), (1, 1), ..."""
    data = tf.data.Dataset.range(count, output_type=tf.int32)
    data = data.map(lambda i: degrade(hr, scale, tf.stack([i, 1]), config))
    # Known sizes stay known.
    height, width = (side // scale for side in hr.shape[:2])
    assert data.element_spec.shape == (height, width, 3)
    return np.stack(list(data.as_numpy_iterator()))


@pytest.fixture(scope="module")
def results():
    """The image at a quarter of its size, made in a graph."""
    return many(IMAGE, 4, 24)


def share(outcomes):
    """The share of true outcomes, of 200 with a standard error below 0.04."""
    assert len(outcomes) == 200
    return pytest.approx(np.mean(outcomes), abs=0.1)


def test_results_are_integers_in_range(results):
    assert results.dtype == np.float32
    levels = np.clip(np.round(results), 0, 255)
    np.testing.assert_array_equal(results, levels)


def test_it_is_the_same_eager_and_in_a_dataset(results):
    for i, result in enumerate(results):
        np.testing.assert_array_equal(degrade(IMAGE, 4, [i, 1]), result)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (6, 8)])
def test_the_size_is_exact(scale, size):
    hr = IMAGE[: scale * size[0], : scale * size[1]]
    for i in range(5):
        assert degrade(hr, scale, [i, 3]).shape == (*size, 3)


def test_sizes_may_be_unknown_in_a_graph(results):
    data = tf.data.Dataset.from_generator(
        lambda: [IMAGE, IMAGE[:8]],
        output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
    ).map(lambda hr: degrade(hr, 4, [2, 1]))
    assert data.element_spec.shape.as_list() == [None, None, 3]
    large, small = data
    np.testing.assert_array_equal(large, results[2])
    assert small.shape == (2, 16, 3)


def test_the_seed_determines_the_result(results):
    assert len({image.tobytes() for image in results}) == len(results)
    again = degrade(IMAGE, 4, [5, 1])
    np.testing.assert_array_equal(again, results[5])
    assert np.any(degrade(IMAGE, 4, [1, 5]) != again)


def test_bytes_and_floats_are_the_same_image(results):
    as_floats = degrade(IMAGE.astype("float32"), 4, [5, 1])
    np.testing.assert_array_equal(as_floats, results[5])


def test_a_size_that_is_no_multiple_of_the_scale_is_rejected():
    with pytest.raises(tf.errors.InvalidArgumentError, match="the scale 5"):
        degrade(IMAGE, 5, [0, 0])


def test_the_published_config_degrades_and_the_identity_does_not(results):
    """A ramp is the same by every method of resizing, but at the borders."""
    y, x = np.mgrid[:48, :64]
    ramp = np.repeat((2 * x + y + 30)[..., None], 3, axis=-1)
    shrunk = ramp.reshape(12, 4, 16, 4, 3).mean(axis=(1, 3))
    inner = np.s_[:, 1:-1, 1:-1]
    kept = many(ramp.astype("uint8"), 4, 20, IDENTITY) - shrunk
    assert np.abs(kept[inner]).max() <= 2
    lost = results - IMAGE.reshape(12, 4, 16, 4, 3).mean(axis=(1, 3))
    assert np.median(lost.std(axis=(1, 2, 3))) > 10


def test_the_result_is_aligned_with_the_hr_image():
    """The center of a bright spot is where it was, in the mean of many."""
    y, x = np.mgrid[:96, :96]
    spot = 230 * np.exp(-((y - 30.5) ** 2 + (x - 57.5) ** 2) / (2 * 8**2))
    hr = np.repeat(spot[..., None], 3, axis=-1).astype("float32")
    config = change(
        first=dict(up_keep_down=(0.3, 0.1, 0.6), resize_factor=(0.4, 1.5)),
        second=dict(up_keep_down=(0.3, 0.1, 0.6), resize_factor=(0.5, 1.2)),
    )
    lr = many(hr, 4, 100, config)[..., 1].mean(axis=0)
    center = ndimage.center_of_mass(lr)
    expected = [(place + 0.5) / 4 - 0.5 for place in (30.5, 57.5)]
    np.testing.assert_allclose(center, expected, atol=0.1)


def test_the_share_of_gray_noise_and_its_strength():
    gray = np.full((16, 16, 3), 120, "uint8")
    noisy = change(
        second=dict(gaussian_sigma=(20.0, 20.0), gray_probability=0.4)
    )
    results = many(gray, 2, 200, noisy)
    alike = np.ptp(results, axis=-1).max(axis=(1, 2)) == 0
    assert share(alike) == 0.4
    # JPEG halves the chroma, which takes a part of colored noise away.
    assert results[alike].std() == pytest.approx(20, rel=0.03)
    assert 10 < results[~alike].std() < 20


def test_the_share_of_gaussian_noise():
    """Poisson noise leaves black as it is."""
    black = np.zeros((16, 16, 3), "uint8")
    noisy = change(
        first=dict(gaussian_sigma=(50.0, 50.0), gaussian_probability=0.3)
    )
    assert share(many(black, 2, 200, noisy).max(axis=(1, 2, 3)) > 0) == 0.3


def checks():
    """Squares of 8 pixels, of 2 after the shrinking by 4."""
    y, x = np.mgrid[:64, :64] // 8
    return (60 + 140 * ((y + x)[..., None] % 2) * np.ones(3)).astype("uint8")


def contrasts(config, count=200):
    """Standard deviations of degraded checks, relative to undegraded ones."""
    results = many(checks(), 4, count, config)
    return results.std(axis=(1, 2, 3)) / 70


def test_the_share_of_blurs():
    strong = dict(blur_sigma=(8.0, 8.0), blur_probability=0.8)
    config = change(
        first=strong,
        sinc_probability=0.0,
        kernel_radius=(10, 10),
        kernel_shares=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    )
    assert share(contrasts(config) < 0.5) == 0.8


def test_the_share_of_final_sinc_filters():
    config = change(final_sinc_cutoff=(0.1, 0.1), kernel_radius=(10, 10))
    config = dataclasses.replace(config, final_sinc_probability=0.8)
    assert share(contrasts(config) < 0.5) == 0.8


def test_jpeg_is_last_with_the_configured_probability():
    """Then a ramp is a staircase of 8 pixels; else it has been resized."""
    ramp = np.broadcast_to(np.arange(64)[:, None] * 3.0 + 30, (64, 64))
    ramp = np.repeat(ramp[..., None], 3, axis=-1).astype("float32")
    config = change(
        second=dict(
            jpeg_quality=(1, 1),
            up_keep_down=(1.0, 0.0, 0.0),
            resize_factor=(1.0, 1.9),
        ),
        jpeg_last_probability=0.7,
    )
    rows = many(ramp, 2, 200, config)[:, :, 0, 0]
    steps = [np.flatnonzero(np.diff(row)) for row in rows]
    assert share([len(set(step % 8)) <= 1 for step in steps]) == 0.7


def test_resizing_has_the_configured_probabilities():
    sizes = []
    for i in range(200):
        draws = Draws(tf.constant([i, 1]))
        operation = pipeline._random_resize(
            draws, DegradationPassConfig(), tf.constant([20, 40])
        )
        sizes.append(operation(tf.zeros([20, 40, 3])).shape[:2])
    heights, widths = np.transpose(sizes)
    # An upscaling by less than 1/20 keeps the size, too.
    assert share(heights < 20) == 0.7
    assert share(widths > 40) == 0.2
    assert np.abs(heights / widths - 0.5).max() < 0.1
    assert 3 <= heights.min() < 4 < 28 < heights.max() <= 30


def drawn_kernels(monkeypatch, **changes):
    """The kernels of 200 blurs of the first pass."""
    monkeypatch.setattr(pipeline, "blur", lambda image, kernel: kernel)
    config = DegradationConfig(**changes)
    for i in range(200):
        draws = Draws(tf.constant([i, 1]))
        operation = pipeline._random_blur(draws, config.first, config)
        yield np.asarray(operation(tf.zeros([4, 4, 3])))


def test_kernels_have_the_configured_probabilities(monkeypatch):
    kernels = list(drawn_kernels(monkeypatch))
    assert {len(kernel) for kernel in kernels} == set(range(7, 23, 2))
    # Only a sinc filter has negative weights.
    assert share([kernel.min() < 0 for kernel in kernels]) == 0.1
    round_ones = [
        np.abs(kernel - np.rot90(kernel)).max() < 1e-6 for kernel in kernels
    ]
    assert share(round_ones) == 0.1 + 0.9 * (0.45 + 0.12 + 0.12)


def test_small_sinc_kernels_have_no_low_cutoff(monkeypatch):
    cutoffs = {}

    def record(size, cutoff):
        cutoffs.setdefault(int(size) < 13, []).append(float(cutoff))
        return tf.zeros([size, size])

    monkeypatch.setattr(pipeline, "sinc_kernel", record)
    assert len(list(drawn_kernels(monkeypatch, sinc_probability=1.0))) == 200
    for small, lowest in ((True, np.pi / 3), (False, np.pi / 5)):
        assert lowest <= min(cutoffs[small]) < lowest + 0.15
        assert np.pi - 0.15 < max(cutoffs[small]) <= np.pi


def test_half_of_the_shapes_are_on_either_side_of_a_gaussians():
    draws = [Draws(tf.constant([i, 1])) for i in range(200)]
    shapes = np.array([pipeline._random_shape(d, 0.5, 4.0) for d in draws])
    assert share(shapes < 1) == 0.5
    assert 0.5 <= shapes.min() < 0.6 < 3.8 < shapes.max() <= 4
