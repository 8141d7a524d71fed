import numpy as np
import pytest
import tifffile
from PIL import Image

from gancore.errors import UserError
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import find_images, read_rgb, write_png
from srgan.image_io.read import read_image

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def save(path, image, **keywords):
    image.save(path, **keywords)
    return path


def test_write_and_read_round_trip(tmp_path):
    write_png(tmp_path / "a.png", PIXELS)
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), PIXELS)


def test_gray_becomes_rgb(tmp_path):
    gray = PIXELS[..., 0]
    path = save(tmp_path / "a.png", Image.fromarray(gray))
    np.testing.assert_array_equal(
        read_rgb(path), np.repeat(gray[..., None], 3, axis=-1)
    )


def test_16_bits_are_scaled_to_8(tmp_path):
    levels = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    path = save(tmp_path / "a.png", Image.fromarray(levels))
    np.testing.assert_array_equal(read_rgb(path)[0, :, 0], [0, 100, 255])


def test_transparent_pixels_are_composited_on_white(tmp_path):
    rgba = np.zeros((2, 2, 4), dtype=np.uint8)
    rgba[0, 0, 3] = 255
    path = save(tmp_path / "a.png", Image.fromarray(rgba))
    np.testing.assert_array_equal(
        read_rgb(path)[..., 0], [[0, 255], [255, 255]]
    )


def test_a_palette_with_a_transparent_color(tmp_path):
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


def test_exif_orientation_is_applied(tmp_path):
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
        lambda data: b"this is text, not an image",
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


def test_floating_point_pixels_are_rounded_to_8_bits(tmp_path):
    levels = np.array([[0, 0.5, 1]], np.float32)
    path = save(tmp_path / "a.tif", Image.fromarray(levels))
    np.testing.assert_array_equal(read_rgb(path)[0, :, 0], [0, 128, 255])


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_png(path, PIXELS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(UnreadableImage, match="too large"):
        read_rgb(path)


def test_a_large_image_is_read_without_a_warning(tmp_path, monkeypatch):
    """Pillow warns at half of its limit."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 70)
    write_png(tmp_path / "a.png", np.zeros((10, 10, 3), np.uint8))
    assert read_rgb(tmp_path / "a.png").shape == (10, 10, 3)


def test_files_that_are_no_images_are_skipped(tmp_path):
    for name in ("a.png", ".a.png", "._b.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert find_images(tmp_path) == [tmp_path / "a.png"]


def test_broken_links_are_found_and_reported(tmp_path):
    (tmp_path / "gone.png").symlink_to(tmp_path / "absent")
    (tmp_path / "loop.png").symlink_to("loop.png")
    gone, loop = find_images(tmp_path)
    with pytest.raises(UnreadableImage, match="No such file"):
        read_rgb(gone)
    with pytest.raises(UnreadableImage, match="symbolic links"):
        read_rgb(loop)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_white_is_zero_is_not_inverted(compression, tmp_path):
    levels = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, 65535 - levels, photometric="miniswhite", compression=compression
    )
    np.testing.assert_array_equal(read_rgb(path)[0, :, 0], [0, 100, 255])
    pixels = read_image(path).pixels
    np.testing.assert_array_equal(pixels[..., 0], levels)


def test_planes_of_8_bits_are_read(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        PIXELS.transpose(2, 0, 1),
        photometric="rgb",
        planarconfig="separate",
    )
    np.testing.assert_array_equal(read_rgb(path), PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_truncated_file_is_reported_as_truncated(kind, tmp_path):
    # The name, which must not be mistaken for the reason.
    path = tmp_path / "truncated"
    Image.fromarray(np.tile(PIXELS, (9, 9, 1))).save(path, kind)
    data = path.read_bytes()
    for size in (8, len(data) // 2):
        path.write_bytes(data[:size])
        with pytest.raises(UnreadableImage, match="file is truncated"):
            read_rgb(path)
    path.unlink()
    with pytest.raises(UnreadableImage, match="No such file"):
        read_rgb(path)


@pytest.mark.parametrize("kind", ["PPM", "TGA", "PCX", "ICO", "EPS"])
def test_no_other_decoder_is_used(kind, tmp_path):
    path = tmp_path / "a.png"
    image = Image.fromarray(PIXELS)
    image.save(path, kind)
    with pytest.raises(UnreadableImage, match=r"not an image|is not read"):
        read_rgb(path)


def test_folders_are_searched_recursively_and_sorted(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.PNG", "a.jpeg", "notes.txt", "sub/c.tif"):
        (tmp_path / name).touch()
    found = [p.name for p in find_images(tmp_path)]
    assert found == ["a.jpeg", "b.PNG", "c.tif"]
    with pytest.raises(UserError, match="no folder of images"):
        find_images(tmp_path / "absent")
