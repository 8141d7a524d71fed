import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.evaluation.test_sets import find_sets, read_hr
from srgan.image_io.files import UnreadableImage


def save(path, shape=(32, 40, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_hr_files_are_found_in_both_layouts(tmp_path):
    for name in ("Set5/HR/a.png", "Set5/LR_bicubic_X4/ax4.png",
                 "Plain/b.png", "Plain/more/c.png",
                 "Plain/Urban_LR/X2/b.png", "ALRIGHT/d.png"):  # fmt: skip
        save(tmp_path / name)
    expected = {
        "ALRIGHT": {"d.png": tmp_path / "ALRIGHT/d.png"},
        "Plain": {
            "b.png": tmp_path / "Plain/b.png",
            "more/c.png": tmp_path / "Plain/more/c.png",
        },
        "Set5": {"a.png": tmp_path / "Set5/HR/a.png"},
    }
    assert find_sets([], tmp_path) == expected
    for folder in ("Set5", "Set5/HR"):
        sets = find_sets([str(tmp_path / folder)])
        assert sets == {"Set5": expected["Set5"]}


def test_every_nth_image_is_taken_by_name(tmp_path):
    for name in "fbdaec":
        save(tmp_path / "Six" / f"{name}.png")
    (images,) = find_sets([str(tmp_path / "Six")], every=4).values()
    assert list(images) == ["a.png", "e.png"]


def test_missing_test_sets_are_an_error(tmp_path):
    with pytest.raises(UserError, match="Set5/HR and BSD100/HR"):
        find_sets([], tmp_path / "none")
    with pytest.raises(UserError, match="there is no folder"):
        find_sets([str(tmp_path / "none")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="there is no image in"):
        find_sets([str(tmp_path / "empty")])
    save(tmp_path / "a/Set/x.png")
    save(tmp_path / "b/Set/x.png")
    with pytest.raises(UserError, match="two test sets are named Set"):
        find_sets([str(tmp_path / "a/Set"), str(tmp_path / "b/Set")])


def test_hr_image_is_cropped_at_the_right_and_the_bottom(tmp_path):
    pixels = save(tmp_path / "a.png", (35, 42, 3))
    np.testing.assert_array_equal(
        read_hr(tmp_path / "a.png", 4), pixels[:32, :40]
    )


def test_single_channel_stays_grey(tmp_path):
    pixels = save(tmp_path / "a.png", (32, 40))
    np.testing.assert_array_equal(
        read_hr(tmp_path / "a.png", 4), pixels[..., None]
    )
    # Grey pixels in an RGB file.
    Image.fromarray(pixels).convert("RGB").save(tmp_path / "b.png")
    assert read_hr(tmp_path / "b.png", 4).shape == (32, 40, 3)


def test_unusable_images_are_an_error(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(UnreadableImage, match="not an image"):
        read_hr(tmp_path / "a.png", 4)
    save(tmp_path / "b.png", (18, 40, 3))
    with pytest.raises(UnreadableImage, match="40 x 18 pixels are too few"):
        read_hr(tmp_path / "b.png", 4)
    assert read_hr(tmp_path / "b.png", 2).shape == (18, 40, 3)
