import matplotlib.image
import numpy as np

from srgan.data.dead_leaves import dead_leaves
from srgan.evaluation.crops import (
    Comparison,
    Crop,
    choose_crops,
    most_different_crop,
)
from srgan.evaluation.evaluator import score_image, score_set
from srgan.evaluation.figure import draw_crops
from srgan.evaluation.methods import bicubic_method
from srgan.image_io.files import write_png


def test_the_telling_crop_is_where_the_error_is():
    original = dead_leaves(64, 1)
    high = original.copy()
    high[30:40, 45:55] = 255 - high[30:40, 45:55]
    crop, error = most_different_crop(high, original, 16)
    assert crop.size == 16
    assert crop.top <= 30 and crop.top + 16 >= 40
    assert crop.left <= 45 and crop.left + 16 >= 55
    # Against the definition, one square after another.
    from skimage.color import rgb2ycbcr

    squared = (rgb2ycbcr(high)[..., 0] - rgb2ycbcr(original)[..., 0]) ** 2
    best = max(
        squared[top : top + 16, left : left + 16].mean()
        for top in range(49)
        for left in range(49)
    )
    np.testing.assert_allclose(error, best, rtol=1e-4)


def test_a_crop_fits_a_small_image():
    original = dead_leaves(40, 1)[:30]
    crop, _ = most_different_crop(255 - original, original, 96)
    assert crop.size == 30
    assert crop.of(original).shape == (30, 30, 3)


def test_the_images_are_those_on_which_bicubic_errs_most(tmp_path):
    """Plain ones have nothing to show."""
    originals = {}
    for name, seed in (("a", None), ("b", 1), ("c", None), ("d", 2)):
        pixels = np.full((48, 48, 3), 100, np.uint8)
        pixels = pixels if seed is None else dead_leaves(48, seed)
        originals[name] = tmp_path / f"{name}.png"
        write_png(originals[name], pixels)
    methods = {"bicubic": bicubic_method(2), "dark": lambda low: np.zeros(
        (low.shape[0] * 2, low.shape[1] * 2, 3), np.uint8)}  # fmt: skip
    evaluations = {
        ("Set", name): score_set(method, originals, 2)
        for name, method in methods.items()
    }
    chosen = choose_crops(methods, {"Set": originals}, evaluations, 2)
    assert {one.title for one in chosen} == {"Set: b", "Set: d"}
    for one in chosen:
        assert list(one.upscaled) == ["bicubic", "dark"]
        image, score = one.upscaled["dark"]
        assert image.max() == 0
        assert score == evaluations["Set", "dark"].scores[one.title[-1]]


def test_the_sheet_shows_the_crops(tmp_path):
    original = dead_leaves(64, 1)
    score = score_image(bicubic_method(2), original, 2)
    colours = {"red_$x$": (255, 0, 0), "green": (0, 255, 0)}
    upscaled = {
        name: (np.full_like(original, colour), score)
        for name, colour in colours.items()
    }
    crop = Crop(8, 16, 32)
    grey = original[..., :1]
    rows = [
        Comparison("Set5: a.png", original, crop, upscaled),
        Comparison("Set14: bridge.png", grey, crop, upscaled),
    ]
    draw_crops(rows, tmp_path / "sheet.png")
    sheet = matplotlib.image.imread(tmp_path / "sheet.png")[..., :3]
    height, width = sheet.shape[:2]
    assert width > height > 300
    # Each plain crop is a large square of its colour, in its own column.
    places = []
    for colour in colours.values():
        rows_, columns = np.nonzero(
            (sheet == np.array(colour) / 255).all(axis=-1)
        )
        assert len(rows_) > 0.1 * height * width / 4
        places.append(np.median(columns))
    assert places == sorted(places)
