import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
import tifffile
from PIL import Image, ImageCms, ImageOps
from PIL.TiffImagePlugin import IFDRational

from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb
from srgan.image_io.orientation import apply_orientation
from srgan.image_io.read import read_image
from srgan.image_io.resolution import container_dpi

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (6, 9, 4), dtype=np.uint8)
PIXELS_16BIT = RANDOM.integers(0, 65536, (6, 9, 4), dtype=np.uint16)


def chunk(name, data):
    """A chunk of a PNG file."""
    checked = name + data
    length, check = len(data), zlib.crc32(checked)
    return struct.pack(">I", length) + checked + struct.pack(">I", check)


def read(image, path, **keywords):
    image.save(path, **keywords)
    return read_image(path).pixels


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_pixels_are_kept_as_they_are(mode, suffix, tmp_path):
    pixels = PIXELS[..., : len(mode)]
    image = Image.fromarray(pixels.squeeze())
    assert image.mode == mode
    np.testing.assert_array_equal(read(image, tmp_path / f"a{suffix}"), pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_16_bits_is_read_as_libpng_does(channels, tmp_path):
    path = tmp_path / "a.png"
    pixels = PIXELS_16BIT[..., :channels]
    path.write_bytes(tf.io.encode_png(pixels).numpy())
    read_back = read_image(path).pixels
    assert read_back.dtype == np.uint16
    np.testing.assert_array_equal(read_back, pixels)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_of_16_bits_is_read_as_tifffile_does(
    channels, compression, order, tmp_path
):
    path = tmp_path / "a.tif"
    pixels = PIXELS_16BIT[..., :channels]
    tifffile.imwrite(
        path,
        pixels.squeeze(),
        byteorder=order,
        compression=compression,
        photometric="minisblack" if channels == 1 else "rgb",
        extrasamples=["unassalpha"] if channels == 4 else None,
    )
    read_back = read_image(path).pixels
    assert read_back.dtype == np.uint16
    np.testing.assert_array_equal(read_back, pixels)


def test_a_16_bit_transparent_color_becomes_alpha(tmp_path):
    data = tf.io.encode_png(PIXELS_16BIT[..., :3]).numpy()
    transparent = struct.pack(">3H", *PIXELS_16BIT[2, 3, :3].tolist())
    path = tmp_path / "a.png"
    # Behind the signature and the header.
    path.write_bytes(data[:33] + chunk(b"tRNS", transparent) + data[33:])
    pixels = read_image(path).pixels
    np.testing.assert_array_equal(pixels[..., :3], PIXELS_16BIT[..., :3])
    assert np.argwhere(pixels[..., 3] == 0).tolist() == [[2, 3]]
    assert (np.unique(pixels[..., 3]) == [0, 65535]).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_gray_of_few_bits_becomes_alpha(bits, tmp_path):
    size = struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0)
    levels = [i % 2**bits for i in range(8)]
    row = sum(v << bits * (7 - i) for i, v in enumerate(levels))
    data = b"\0" + row.to_bytes(bits, "big")
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"tRNS", struct.pack(">H", 1))
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )
    pixels = read_image(path).pixels
    expected = np.array(levels) * 255 // (2**bits - 1)
    np.testing.assert_array_equal(pixels[0, :, 0], expected)
    alpha = [0 if level == 1 else 255 for level in levels]
    assert pixels[0, :, 1].tolist() == alpha
    # `read_rgb` composites it on white.
    composited = np.where(np.array(alpha) == 0, 255, expected)
    np.testing.assert_array_equal(read_rgb(path)[0, :, 0], composited)


def test_a_palette_becomes_its_colors(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(
        read(image, tmp_path / "a.png"), [[[10, 20, 30], [200, 100, 50]]]
    )
    np.testing.assert_array_equal(
        read(image, tmp_path / "b.png", transparency=0),
        [[[10, 20, 30, 0], [200, 100, 50, 255]]],
    )
    image.putpalette([10, 10, 10, 200, 200, 200])
    np.testing.assert_array_equal(
        read(image, tmp_path / "c.png"), [[[10], [200]]]
    )


def test_one_bit_and_a_transparent_gray(tmp_path):
    bits = Image.fromarray(PIXELS[..., 0]).convert("1")
    np.testing.assert_array_equal(
        read(bits, tmp_path / "a.png")[..., 0], np.asarray(bits) * 255
    )
    gray = Image.fromarray(np.array([[7, 8]], np.uint8))
    np.testing.assert_array_equal(
        read(gray, tmp_path / "b.png", transparency=7), [[[7, 0], [8, 255]]]
    )


def test_cmyk_becomes_rgb_with_a_warning(tmp_path, capsys):
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    pixels = read(image, tmp_path / "a.tif")
    assert "a.tif: CMYK becomes RGB" in capsys.readouterr().err
    np.testing.assert_array_equal(pixels[0, 0], [255, 0, 0])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_does(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(PIXELS[..., :3]).save(buffer, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(buffer))
    np.testing.assert_array_equal(
        apply_orientation(PIXELS[..., :3], orientation), np.asarray(expected)
    )


def test_orientation_of_16_bits_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(PIXELS_16BIT[..., 0])
    np.testing.assert_array_equal(
        read(image, tmp_path / "a.png", exif=exif)[..., 0],
        np.rot90(PIXELS_16BIT[..., 0], -1),
    )


def test_metadata_are_read(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x8769] = {0x829A: 0.004, 0xA002: 9}
    exif[0x8825] = {1: "N"}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "a.jpg"
    Image.fromarray(PIXELS[..., :3]).save(
        path, exif=exif, icc_profile=profile, dpi=(300, 300)
    )
    metadata = read_image(path).metadata
    assert metadata.texts == {0x010F: "Maker"}
    assert float(metadata.exif_ifd[0x829A]) == pytest.approx(1 / 250)
    assert metadata.gps == {1: "N"}
    assert metadata.icc == profile
    assert metadata.dpi == (300, 300)


def test_a_profile_for_other_channels_is_dropped(tmp_path, capsys):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS[..., 0]).save(path, icc_profile=profile)
    assert read_image(path).metadata.icc is None
    message = capsys.readouterr().err
    assert "a.png: the color profile does not fit" in message


def test_damaged_exif_is_dropped_with_a_warning(tmp_path, capsys):
    path = tmp_path / "a.jpg"
    # The directory of the exposure, with a number that Exif cannot hold.
    turned = struct.pack("<HHII", 0x0112, 3, 1, 6)
    main = struct.pack("<H12sHHIII", 2, turned, 0x8769, 4, 1, 38, 0)
    photo = struct.pack("<HHHIIIQ", 1, 0x9214, 16, 1, 56, 0, 2**40)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + main + photo
    Image.fromarray(PIXELS[..., :3]).save(path, exif=exif)
    image = read_image(path)
    assert image.metadata.exif_ifd == {}
    # The orientation is applied nevertheless.
    assert image.pixels.shape[:2] == PIXELS.shape[1::-1]
    assert "a.jpg: the Exif data are damaged" in capsys.readouterr().err


def read_dpi(path, across, down, unit=2, **keywords):
    """Writes an image with a resolution in Exif and reads it back."""
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = across, down, unit
    Image.fromarray(PIXELS[..., :3]).save(path, exif=exif, **keywords)
    return read_image(path).metadata.dpi


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
def test_the_resolution_of_exif_is_read(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    assert read_dpi(path, 300, 150) == (300, 150)
    assert read_dpi(path, 100, 50, unit=3) == pytest.approx((254, 127))
    assert read_dpi(path, 3, 2, unit=1) is None


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
@pytest.mark.parametrize("wrong", [(0, 0), (4294967295, 1), (0, 1)])
def test_an_invalid_resolution_is_dropped(suffix, wrong, tmp_path):
    path = tmp_path / f"a{suffix}"
    wrong = IFDRational(*wrong)
    assert read_dpi(path, wrong, wrong) is None
    assert read_dpi(path, 300, wrong) is None


@pytest.mark.parametrize(
    "wrong",
    [
        -1.0,
        0,
        np.nan,
        np.inf,
        65536,
        pytest.param(10**400, id="huge"),
        "x",
        (),
        None,
    ],
)
def test_an_impossible_resolution_is_dropped(wrong):
    image = Image.new("L", (1, 1))
    image.format = "PNG"
    image.info["dpi"] = (300, wrong)
    assert container_dpi(image) is None
    image.info["dpi"] = wrong
    assert container_dpi(image) is None


@pytest.mark.parametrize("per_meter", [0, 2**31 - 1])
def test_impossible_resolutions_of_png_and_bmp_are_dropped(per_meter, tmp_path):
    image = Image.fromarray(PIXELS[..., :3])
    for suffix in (".png", ".bmp"):
        path = tmp_path / f"a{suffix}"
        image.save(path, dpi=(per_meter * 0.0254, per_meter * 0.0254))
        assert read_image(path).metadata.dpi is None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_no_resolution_is_invented(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.fromarray(PIXELS[..., :3]).save(path, exif=exif)
    assert read_image(path).metadata.dpi is None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_resolution_follows_the_orientation(suffix, orientation, tmp_path):
    path = tmp_path / f"a{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(PIXELS[..., :3])
    image.save(path, exif=exif, dpi=(300, 150))
    image = read_image(path)
    turned = image.pixels.shape[:2] == (9, 6)
    assert turned == (orientation > 4)
    expected = (150, 300) if turned else (300, 150)
    assert image.metadata.dpi == pytest.approx(expected, abs=0.1)


def test_exif_strings_keep_their_bytes(tmp_path):
    artist = "Zo\xeb, \u6751".encode()
    exif = Image.Exif()
    exif[0x013B] = "x" * len(artist)
    data = exif.tobytes().replace(b"x" * len(artist), artist)
    path = tmp_path / "a.jpg"
    Image.fromarray(PIXELS[..., :3]).save(path, exif=data)
    metadata = read_image(path).metadata
    assert artist + b"\0" in metadata.exif(1, 1)


def test_lossless_webp_is_recognized(tmp_path):
    image = Image.fromarray(PIXELS)
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    for lossless in (False, True):
        for about in ({}, {"exif": exif}):
            path = tmp_path / "a.webp"
            image.save(path, lossless=lossless, **about)
            assert read_image(path).metadata.lossless == lossless
    image.save(tmp_path / "a.png")
    assert not read_image(tmp_path / "a.png").metadata.lossless


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".gif"])
def test_several_images_in_a_file_are_refused(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    frames = [Image.fromarray(PIXELS[..., :3]), Image.new("RGB", (9, 6))]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImage, match="it holds 2 images"):
        read_image(path)


def test_previews_in_an_mpo_are_ignored(tmp_path):
    path = tmp_path / "a.jpg"
    photo = Image.fromarray(PIXELS[..., :3])
    photo.save(
        path, "MPO", save_all=True, append_images=[Image.new("RGB", (3, 2))]
    )
    assert read_image(path).pixels.shape == (6, 9, 3)


def test_max_pixels_replaces_pillows_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path)
    with pytest.raises(UnreadableImage, match="9 x 6 is more than 53 pixels"):
        read_image(path, max_pixels=53)
    # It replaces the limit of Pillow, which is restored afterwards.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_image(path, max_pixels=54).pixels.shape == (6, 9, 4)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_more_than_16_bits_are_refused(tmp_path):
    levels = np.full((4, 4), 70_000, np.int32)
    Image.fromarray(levels).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableImage, match="more than 16 bits"):
        read_image(tmp_path / "a.tif")


def test_every_damage_raises_unreadable_image(tmp_path):
    """Bytes of small files of all formats are damaged at random."""
    path = tmp_path / "damaged"
    image = Image.fromarray(PIXELS[..., :3])
    refused = 0
    for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP"):
        buffer = io.BytesIO()
        image.save(buffer, kind)
        for _ in range(40):
            data = bytearray(buffer.getvalue())
            for place in RANDOM.integers(0, len(data), 4):
                data[place] = RANDOM.integers(256)
            path.write_bytes(data[: RANDOM.integers(1, len(data) + 1)])
            try:
                read_image(path)
            except UnreadableImage as error:
                assert str(error)
                refused += 1
    assert refused > 100
