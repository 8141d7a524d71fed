import numpy as np
import pytest
from PIL import Image

from adversarial.messages import UserError
from srgan.files.images import UnreadableImage, find_images, read_rgb, write_png

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def save(path, image, **keywords):
    image.save(path, **keywords)
    return path


def test_what_is_written_is_read(tmp_path):
    write_png(tmp_path / "a.png", PIXELS)
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), PIXELS)


def test_grey_becomes_rgb(tmp_path):
    grey = PIXELS[..., 0]
    path = save(tmp_path / "a.png", Image.fromarray(grey))
    np.testing.assert_array_equal(
        read_rgb(path), np.repeat(grey[..., None], 3, axis=-1)
    )


def test_sixteen_bits_are_scaled_not_cut(tmp_path):
    levels = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    path = save(tmp_path / "a.png", Image.fromarray(levels))
    np.testing.assert_array_equal(read_rgb(path)[0, :, 0], [0, 100, 255])


def test_transparent_parts_lie_on_white(tmp_path):
    rgba = np.zeros((2, 2, 4), dtype=np.uint8)
    rgba[0, 0, 3] = 255
    path = save(tmp_path / "a.png", Image.fromarray(rgba))
    np.testing.assert_array_equal(
        read_rgb(path)[..., 0], [[0, 255], [255, 255]]
    )


def test_a_palette_with_a_transparent_colour(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    path = save(tmp_path / "a.png", image, transparency=0)
    np.testing.assert_array_equal(
        read_rgb(path), [[[255, 255, 255], [200, 100, 50]]]
    )


def test_cmyk_becomes_rgb(tmp_path):
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    path = save(tmp_path / "a.jpg", image, quality=100)
    red = read_rgb(path).reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(red, [255, 0, 0], atol=6)


def test_the_cameras_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn a quarter clockwise to see it upright.
    path = save(tmp_path / "a.png", Image.fromarray(PIXELS), exif=exif)
    np.testing.assert_array_equal(read_rgb(path), np.rot90(PIXELS, -1))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
        lambda data: b"this is text, not a picture",
        lambda data: data[:40] + bytes(40) + data[80:],
    ],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "a.png"
    big = np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8")
    write_png(path, big)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableImage):
        read_rgb(path)


def test_floating_point_pixels_are_refused(tmp_path):
    levels = np.random.default_rng(0).uniform(0, 1, (4, 4)).astype("float32")
    path = save(tmp_path / "a.tif", Image.fromarray(levels))
    with pytest.raises(UnreadableImage, match="floating-point"):
        read_rgb(path)


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_png(path, PIXELS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(UnreadableImage, match="too large"):
        read_rgb(path)


def test_folders_are_searched_through_and_sorted(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.PNG", "a.jpeg", "notes.txt", "sub/c.tif"):
        (tmp_path / name).touch()
    found = [p.name for p in find_images(tmp_path)]
    assert found == ["a.jpeg", "b.PNG", "c.tif"]
    with pytest.raises(UserError, match="no folder of images"):
        find_images(tmp_path / "absent")
