import io

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.data.dead_leaves import dead_leaves
from srgan.evaluation.artifacts import artifact_rows
from srgan.evaluation.degraded import (
    DEGRADATIONS,
    degraded_lr,
    flat_field_noise,
    lattice_peak,
    tint,
)
from srgan.image_io.files import write_png

HR = dead_leaves(64, 3)


def nearest(lr):
    return lr.repeat(4, axis=0).repeat(4, axis=1)


def test_clean_is_bicubic_of_pillow_and_jpeg_its_file():
    small = Image.fromarray(HR).resize((16, 16), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(degraded_lr(HR, 4, "clean"), small)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=40)
    np.testing.assert_array_equal(
        degraded_lr(HR, 4, "jpeg40"), Image.open(file)
    )


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_degradations_are_seeded_by_the_name_of_the_image(name):
    first = degraded_lr(HR, 4, name, "a.png")
    np.testing.assert_array_equal(first, degraded_lr(HR, 4, name, "a.png"))
    other = degraded_lr(HR, 4, name, "b.png")
    assert (first != other).any() == ("noise" in name)
    assert first.shape == (16, 16, 3) and first.dtype == np.uint8
    assert degraded_lr(HR[..., :1], 4, name).shape == (16, 16, 1)


def test_unknown_degradation_lists_the_known_ones():
    with pytest.raises(UserError, match="no degradation fog; known are clean"):
        degraded_lr(HR, 4, "fog")


def test_flat_field_noise_is_that_of_the_input_where_it_is_repeated():
    assert flat_field_noise(nearest) == pytest.approx(10, rel=0.05)
    assert flat_field_noise(lambda lr: 0 * nearest(lr)) == 0


def test_lattice_stands_out_of_the_spectrum_of_noise():
    random = np.random.default_rng(0)
    noise = random.normal(128, 10, (4, 160, 200, 3))
    lattice = np.zeros((160, 200, 3))
    lattice[::4, ::4] = 40
    plain, dotted = (
        lattice_peak(list(np.clip(images, 0, 255).astype("uint8")), 4)
        for images in (noise, noise + lattice)
    )
    assert plain < 2
    # The median amplitude of windowed noise is Rayleigh's, and at the pitch
    # the lattice is its mean times the window's sum.
    window = np.outer(np.hanning(160), np.hanning(200))
    median = 10 * np.sqrt((window**2).sum() / 3 * np.log(2))
    expected = lattice.mean() * window.sum() / median
    assert dotted == pytest.approx(expected, rel=0.1)
    # A lattice of another pitch does not count.
    other = np.zeros((160, 200, 3))
    other[::5, ::5] = 40
    images = list(np.clip(noise + other, 0, 255).astype("uint8"))
    assert lattice_peak(images, 4) < 2


def test_tint_is_the_largest_difference_of_two_channels():
    image = np.full((5, 6, 3), 90, np.uint8)
    assert tint(image) == 0
    image[2, 3] = 80, 93, 85
    assert tint(image) == 13


def test_artifacts_of_each_method_are_a_row(tmp_path):
    write_png(tmp_path / "a.png", HR)

    def red(lr):
        sr = nearest(lr)
        sr[..., 0] = np.minimum(sr[..., 0], 200) + 7
        return sr

    rows = artifact_rows(
        {"nearest": nearest, "red": red}, [tmp_path / "a.png"], 4
    )
    assert [row["model"] for row in rows] == ["nearest", "red"]
    assert rows[0]["tint"] == 0 and rows[1]["tint"] >= 7
    assert rows[0]["flat noise"] == pytest.approx(10, rel=0.05)
