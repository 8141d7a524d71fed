import numpy as np
import pytest

from srgan.inference.noise_map import noise_window
from srgan.inference.tiling import choose_tile_size, tile_spans


@pytest.mark.parametrize("margin", [0, 1, 7])
@pytest.mark.parametrize("tile", [1, 4, 32])
def test_windows_of_equal_length_cover_a_side_once(tile, margin):
    for length in range(1, 150):
        plan = tile_spans(length, tile, margin)
        kept = [i for span in plan for i in range(span.first, span.last)]
        assert kept == list(range(length))
        assert len({span.stop - span.start for span in plan}) == 1
        for span in plan:
            assert 0 <= span.start <= span.first < span.last <= span.stop
            assert span.stop <= length
            # Away from the image's ends, nothing near a window's is kept.
            assert span.start == 0 or span.first - span.start >= margin
            assert span.stop == length or span.stop - span.last >= margin


def test_a_side_that_fits_is_one_window():
    assert len(tile_spans(10 + 2 * 3, 10, 3)) == 1
    assert len(tile_spans(10 + 2 * 3 + 1, 10, 3)) == 2


def test_windows_are_aligned():
    for length in range(4, 200, 4):
        assert all(
            value % 4 == 0
            for span in tile_spans(length, 16, 8)
            for value in (span.start, span.stop, span.first, span.last)
        )


def test_noise_depends_only_on_the_coordinates():
    whole = noise_window(slice(0, 150), slice(0, 200), 2, seed=3)
    part = noise_window(slice(60, 130), slice(63, 64), 2, seed=3)
    np.testing.assert_array_equal(part, whole[60:130, 63:64])
    other = noise_window(slice(0, 150), slice(0, 200), 2, seed=4)
    assert (whole != other).all()


def test_noise_is_standard_normal_and_white():
    noise = noise_window(slice(0, 512), slice(0, 512), 1, seed=0)[..., 0]
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1, abs=0.01)
    for shift in (1, 64):
        for axis in (0, 1):
            moved = np.roll(noise, shift, axis)
            assert abs((noise * moved).mean()) < 0.01


@pytest.mark.parametrize("margin", [0, 4, 26])
@pytest.mark.parametrize("alignment", [1, 2])
@pytest.mark.parametrize("size", [(64, 64), (1000, 64), (64, 1000), (600, 800)])
def test_chosen_tiles_fit(size, margin, alignment):
    for max_pixels in (60**2, 100**2, 10**6):
        rows, columns = choose_tile_size(
            *size, margin, alignment, max_pixels, max_rows=10**4
        )
        assert rows % alignment == columns % alignment == 0
        windows = [
            min(side, kept + 2 * margin)
            for side, kept in zip(size, (rows, columns), strict=True)
        ]
        assert windows[0] * windows[1] <= max_pixels
    assert windows == list(size)  # One tile is the best.


def test_tiles_of_the_width_of_the_image_cost_least():
    # Of 100,000 pixels, 500 of which are the width.
    rows, columns = choose_tile_size(10_000, 500, 10, 1, 100_000, 10**4)
    assert columns >= 480 and 170 <= rows <= 180


def test_no_tile_fits():
    assert choose_tile_size(99, 99, 10, 1, 20**2, 99) is None
    assert choose_tile_size(99, 99, 10, 1, 50**2, 0) is None
