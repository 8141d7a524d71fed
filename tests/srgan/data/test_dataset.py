import os

import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from gancore.training.tf_setup import plain_tensorflow_errors
from srgan.data import dataset as module
from srgan.data.dataset import (
    make_training_dataset,
    make_validation_dataset,
    random_patch,
)
from srgan.data.mapping_network import MappingNetwork
from srgan.image_io.files import write_png


def position_image(height, width):
    """Encodes the row in red and the column in green."""
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


def patches(paths, lr=None, **changes):
    settings = dict(
        mapping=MappingNetwork(2), patch_size=16, batch_size=4, steps=3, seed=1
    )
    return make_training_dataset(paths, lr or {}, **{**settings, **changes})


def arrays(dataset):
    return [tuple(map(np.array, pair)) for pair in dataset]


def test_shapes_range_and_number_of_batches(paths):
    batches = arrays(patches(paths))
    assert len(batches) == 3
    for lr, hr in batches:
        assert lr.shape == (4, 8, 8, 3)
        assert hr.shape == (4, 16, 16, 3)
        assert lr.dtype == hr.dtype == np.float32
        assert 0 <= hr.min() <= hr.max() <= 255
    assert max(hr.max() for _, hr in batches) > 100


def test_lr_and_hr_patches_are_aligned(paths):
    for lr, hr in arrays(patches(paths)):
        coarse = tf.nn.avg_pool2d(hr, 2, 2, "VALID")
        # The image is linear, so its mean is its bicubic but for rounding.
        inner = slice(1, -1)
        difference = np.abs(coarse - lr)[:, inner, inner]
        assert difference.max() < 2.0


def test_a_batch_has_distinct_images(paths):
    for _, hr in arrays(patches(paths, steps=1)):
        assert len({patch[..., 2].max() for patch in hr}) == 4


@pytest.mark.parametrize("cached_pixels", [10, 10**9])
def test_epochs_differ_and_runs_repeat(paths, cached_pixels, monkeypatch):
    monkeypatch.setattr(module, "MAX_CACHED_PIXELS", cached_pixels)
    dataset = patches(paths)
    epochs = [arrays(dataset) for _ in range(8)]
    again = patches(paths)
    for epoch in epochs:
        for batch, same in zip(epoch, arrays(again), strict=True):
            np.testing.assert_array_equal(batch[1], same[1])
    assert any((a[1] != b[1]).any() for a, b in zip(*epochs[:2], strict=True))


def test_patches_are_rotated_and_flipped_in_all_eight_ways():
    image = tf.constant(position_image(16, 16))
    lr = MappingNetwork(2)(image)
    seen = set()
    for number in range(200):
        _, hr = random_patch(lr, image, 2, 16, tf.constant(number, tf.int64))
        seen.add((float(hr[0, 0, 0]), float(hr[0, 0, 1]),
                  float(hr[0, 15, 0])))  # fmt: skip
    assert len(seen) == 8


def test_every_offset_can_be_drawn():
    image = tf.constant(position_image(20, 22))
    lr = MappingNetwork(2)(image)
    tops = set()
    for number in range(300):
        _, hr = random_patch(lr, image, 2, 16, tf.constant(number, tf.int64))
        tops.add((float(tf.reduce_min(hr[..., 0])) / 5,
                  float(tf.reduce_min(hr[..., 1])) / 5))  # fmt: skip
    assert tops == {(y, x) for y in (0, 2, 4) for x in (0, 2, 4, 6)}


def test_images_too_large_to_cache_are_read_again(paths, monkeypatch):
    monkeypatch.setattr(module, "MAX_CACHED_PIXELS", 10)
    batches = arrays(patches(paths, steps=40))
    assert len(batches) == 40
    images = {patch[..., 2].max() for _, hr in batches for patch in hr}
    assert len(images) == 5


def test_official_lr_files_are_used(paths, tmp_path):
    official = tmp_path / "0x2.png"
    write_png(official, np.full((20, 23, 3), 9, np.uint8))
    first = next(iter(paths))
    for lr_patch, _ in arrays(patches({first: (41, 46)}, {first: official})):
        assert (lr_patch == 9).all()


def test_validation_uses_the_centers(paths):
    settings = dict(
        mapping=MappingNetwork(4), size=24, multiple_of=4, batch_size=2
    )
    batches = arrays(make_validation_dataset(paths, {}, **settings))
    assert [len(hr) for _, hr in batches] == [2, 2, 1]
    # Of 40 x 44 pixels, 24 x 24 from (8, 8): the image is 41 x 46.
    np.testing.assert_array_equal(
        batches[0][1][0, ..., :2], position_image(41, 46)[8:32, 8:32, :2]
    )


def test_validation_size_is_limited_by_the_smallest_image(paths, caplog):
    caplog.set_level("INFO")
    settings = dict(mapping=MappingNetwork(4), size=96, batch_size=5)
    ((lr, hr),) = arrays(
        make_validation_dataset(paths, {}, multiple_of=4, **settings)
    )
    assert (lr.shape, hr.shape) == ((5, 10, 10, 3), (5, 40, 40, 3))
    assert "validating on 40 pixels" in caplog.text
    ((_, hr),) = arrays(
        make_validation_dataset(paths, {}, multiple_of=24, **settings)
    )
    assert hr.shape == (5, 24, 24, 3)


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


@pytest.mark.integration
def test_blind_validation_is_degraded_the_same_way_each_epoch(paths):
    blind = MappingNetwork(2, "blind")
    first = arrays(patches(paths, mapping=blind, steps=1))
    again = arrays(patches(paths, mapping=blind, steps=1))
    clean = arrays(patches(paths, steps=1))
    for (lr, hr), (lr_again, _), (lr_clean, hr_clean) in zip(
        first, again, clean, strict=True
    ):
        np.testing.assert_array_equal(lr, lr_again)
        np.testing.assert_array_equal(hr, hr_clean)
        assert np.abs(lr - lr_clean).mean() > 2
        np.testing.assert_array_equal(lr, np.round(lr))
    data = make_validation_dataset(
        paths, {}, mapping=blind, size=24, multiple_of=2, batch_size=2
    )
    for (lr, _), (lr_again, _) in zip(arrays(data), arrays(data), strict=True):
        np.testing.assert_array_equal(lr, lr_again)
