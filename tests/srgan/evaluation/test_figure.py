import matplotlib.image
import numpy as np

from srgan.data.dead_leaves import dead_leaves
from srgan.evaluation.crops import (
    Comparison,
    Crop,
    choose_crops,
    max_error_crop,
)
from srgan.evaluation.evaluator import score_image, score_set
from srgan.evaluation.figure import draw_crops
from srgan.evaluation.methods import bicubic_method
from srgan.image_io.files import write_png


def test_crop_with_the_largest_error_is_found():
    hr = dead_leaves(64, 1)
    sr = hr.copy()
    sr[30:40, 45:55] = 255 - sr[30:40, 45:55]
    crop, error = max_error_crop(sr, hr, 16)
    assert crop.size == 16
    assert crop.top <= 30 and crop.top + 16 >= 40
    assert crop.left <= 45 and crop.left + 16 >= 55
    # Against a brute-force search.
    from skimage.color import rgb2ycbcr

    squared = (rgb2ycbcr(sr)[..., 0] - rgb2ycbcr(hr)[..., 0]) ** 2
    best = max(
        squared[top : top + 16, left : left + 16].mean()
        for top in range(49)
        for left in range(49)
    )
    np.testing.assert_allclose(error, best, rtol=1e-4)


def test_crop_is_limited_by_a_small_image():
    hr = dead_leaves(40, 1)[:30]
    crop, _ = max_error_crop(255 - hr, hr, 96)
    assert crop.size == 30
    assert crop.of(hr).shape == (30, 30, 3)


def test_images_with_the_largest_bicubic_error_are_chosen(tmp_path):
    """Plain images have none."""
    hr_files = {}
    for name, seed in (("a", None), ("b", 1), ("c", None), ("d", 2)):
        pixels = np.full((48, 48, 3), 100, np.uint8)
        pixels = pixels if seed is None else dead_leaves(48, seed)
        hr_files[name] = tmp_path / f"{name}.png"
        write_png(hr_files[name], pixels)
    methods = {"bicubic": bicubic_method(2), "dark": lambda lr: np.zeros(
        (lr.shape[0] * 2, lr.shape[1] * 2, 3), np.uint8)}  # fmt: skip
    evaluations = {
        ("Set", name): score_set(method, hr_files, 2)
        for name, method in methods.items()
    }
    chosen = choose_crops(methods, {"Set": hr_files}, evaluations, 2)
    assert {one.title for one in chosen} == {"Set: b", "Set: d"}
    for one in chosen:
        assert list(one.upscaled) == ["bicubic", "dark"]
        image, score = one.upscaled["dark"]
        assert image.max() == 0
        assert score == evaluations["Set", "dark"].scores[one.title[-1]]


def test_figure_shows_the_crops(tmp_path):
    hr = dead_leaves(64, 1)
    score = score_image(bicubic_method(2), hr, 2)
    colors = {"red_$x$": (255, 0, 0), "green": (0, 255, 0)}
    upscaled = {
        name: (np.full_like(hr, color), score) for name, color in colors.items()
    }
    crop = Crop(8, 16, 32)
    grey = hr[..., :1]
    rows = [
        Comparison("Set5: a.png", hr, crop, upscaled),
        Comparison("Set14: bridge.png", grey, crop, upscaled),
    ]
    draw_crops(rows, tmp_path / "figure.png")
    figure = matplotlib.image.imread(tmp_path / "figure.png")[..., :3]
    height, width = figure.shape[:2]
    assert width > height > 300
    # Each plain crop is a large square of its color, in its own column.
    places = []
    for color in colors.values():
        rows_, columns = np.nonzero(
            (figure == np.array(color) / 255).all(axis=-1)
        )
        assert len(rows_) > 0.1 * height * width / 4
        places.append(np.median(columns))
    assert places == sorted(places)
