import os

import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from gancore.training.tf_setup import plain_tensorflow_errors
from srgan.data.dataset import dataset as data
from srgan.data.dataset import make_patches, make_validation, random_patch
from srgan.data.mapping_network import MappingNetwork
from srgan.image_io.files import write_png


def position_image(height, width):
    """Its red and green tell a pixel's place, its blue the image."""
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 5, x * 5, 0 * x + 60], axis=-1).astype(np.uint8)


@pytest.fixture
def paths(tmp_path):
    files = []
    for i in range(5):
        files.append(tmp_path / f"{i}.png")
        image = position_image(41, 46 + i)
        image[..., 2] = 50 * i
        write_png(files[-1], image)
    return {path: (41, 46 + i) for i, path in enumerate(files)}


def patches(paths, low=None, **changes):
    settings = dict(
        mapping=MappingNetwork(2), patch_size=16, batch_size=4, steps=3, seed=1
    )
    return make_patches(paths, low or {}, **{**settings, **changes})


def arrays(dataset):
    return [tuple(map(np.array, pair)) for pair in dataset]


def test_shapes_range_and_number_of_batches(paths):
    batches = arrays(patches(paths))
    assert len(batches) == 3
    for low, high in batches:
        assert low.shape == (4, 8, 8, 3)
        assert high.shape == (4, 16, 16, 3)
        assert low.dtype == high.dtype == np.float32
        assert 0 <= high.min() <= high.max() <= 255
    assert max(high.max() for _, high in batches) > 100


def test_low_resolution_patches_show_the_same_place(paths):
    for low, high in arrays(patches(paths)):
        coarse = tf.nn.avg_pool2d(high, 2, 2, "VALID")
        # The image is linear, so its mean is its bicubic but for rounding.
        inner = slice(1, -1)
        difference = np.abs(coarse - low)[:, inner, inner]
        assert difference.max() < 2.0


def test_a_batch_is_of_distinct_images(paths):
    for _, high in arrays(patches(paths, steps=1)):
        assert len({patch[..., 2].max() for patch in high}) == 4


@pytest.mark.parametrize("cached_pixels", [10, 10**9])
def test_epochs_differ_and_runs_repeat(paths, cached_pixels, monkeypatch):
    monkeypatch.setattr(data, "_CACHED_PIXELS", cached_pixels)
    dataset = patches(paths)
    epochs = [arrays(dataset) for _ in range(8)]
    again = patches(paths)
    for epoch in epochs:
        for batch, same in zip(epoch, arrays(again), strict=True):
            np.testing.assert_array_equal(batch[1], same[1])
    assert any((a[1] != b[1]).any() for a, b in zip(*epochs[:2], strict=True))


def test_patches_are_turned_and_mirrored_all_eight_ways():
    image = tf.constant(position_image(16, 16))
    low = MappingNetwork(2)(image)
    seen = set()
    for number in range(200):
        _, high = random_patch(low, image, 2, 16, tf.constant(number, tf.int64))
        seen.add((float(high[0, 0, 0]), float(high[0, 0, 1]),
                  float(high[0, 15, 0])))  # fmt: skip
    assert len(seen) == 8


def test_every_place_can_be_cut():
    image = tf.constant(position_image(20, 22))
    low = MappingNetwork(2)(image)
    tops = set()
    for number in range(300):
        _, high = random_patch(low, image, 2, 16, tf.constant(number, tf.int64))
        tops.add((float(tf.reduce_min(high[..., 0])) / 5,
                  float(tf.reduce_min(high[..., 1])) / 5))  # fmt: skip
    assert tops == {(y, x) for y in (0, 2, 4) for x in (0, 2, 4, 6)}


def test_images_too_large_to_keep_are_read_again(paths, monkeypatch):
    monkeypatch.setattr(data, "_CACHED_PIXELS", 10)
    batches = arrays(patches(paths, steps=40))
    assert len(batches) == 40
    images = {patch[..., 2].max() for _, high in batches for patch in high}
    assert len(images) == 5


def test_official_low_resolution_files_are_used(paths, tmp_path):
    official = tmp_path / "0x2.png"
    write_png(official, np.full((20, 23, 3), 9, np.uint8))
    first = next(iter(paths))
    for low_patch, _ in arrays(patches({first: (41, 46)}, {first: official})):
        assert (low_patch == 9).all()


def test_validation_is_of_the_centres(paths):
    settings = dict(mapping=MappingNetwork(4), size=24, step=4, batch_size=2)
    batches = arrays(make_validation(paths, {}, **settings))
    assert [len(high) for _, high in batches] == [2, 2, 1]
    # Of 40 x 44 pixels, 24 x 24 from (8, 8): the image is 41 x 46.
    np.testing.assert_array_equal(
        batches[0][1][0, ..., :2], position_image(41, 46)[8:32, 8:32, :2]
    )


def test_validation_shrinks_to_the_smallest_image_and_says_so(paths, capsys):
    settings = dict(mapping=MappingNetwork(4), size=96, batch_size=5)
    ((low, high),) = arrays(make_validation(paths, {}, step=4, **settings))
    assert (low.shape, high.shape) == ((5, 10, 10, 3), (5, 40, 40, 3))
    assert "validating on 40 pixels" in capsys.readouterr().err
    ((_, high),) = arrays(make_validation(paths, {}, step=24, **settings))
    assert high.shape == (5, 24, 24, 3)


def test_file_names_need_not_be_utf_8(paths, tmp_path):
    odd = tmp_path / os.fsdecode(b"p\xff\n.png")
    next(iter(paths)).rename(odd)
    assert len(arrays(patches({odd: (41, 46)}))) == 3


def test_a_image_that_goes_away_while_training_is_named(paths):
    batches = patches(paths)
    next(iter(paths)).unlink()
    with (
        pytest.raises(UserError, match=r"training stopped.*0\.png"),
        plain_tensorflow_errors(),
    ):
        arrays(batches)


def test_blind_patches_are_degraded_anew_and_validation_is_not(paths):
    blind = MappingNetwork(2, blind=True)
    first = arrays(patches(paths, mapping=blind, steps=1))
    again = arrays(patches(paths, mapping=blind, steps=1))
    clean = arrays(patches(paths, steps=1))
    for (low, high), (low_again, _), (low_clean, high_clean) in zip(
        first, again, clean, strict=True
    ):
        np.testing.assert_array_equal(low, low_again)
        np.testing.assert_array_equal(high, high_clean)
        assert np.abs(low - low_clean).mean() > 2
        np.testing.assert_array_equal(low, np.round(low))
    data = make_validation(
        paths, {}, mapping=blind, size=24, step=2, batch_size=2
    )
    for (low, _), (low_again, _) in zip(
        arrays(data), arrays(data), strict=True
    ):
        np.testing.assert_array_equal(low, low_again)
