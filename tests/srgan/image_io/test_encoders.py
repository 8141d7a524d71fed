import dataclasses
import io
import re

import numpy as np
import pytest
import tensorflow as tf
import tifffile
from PIL import Image, ImageCms

from gancore.errors import UserError
from srgan.image_io.encoders import check_header, tiff, write_image
from srgan.image_io.encoders.header import Header, in_groups
from srgan.image_io.exif import pack_exif
from srgan.image_io.metadata import Metadata
from srgan.image_io.webp_lossless import is_lossless_webp

RANDOM = np.random.default_rng(0)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FACTS = Metadata(
    texts={0x010F: "Maker"},
    photo={0x829A: 0.004, 0xA002: 9, 0xA003: 6},
    gps={1: "N"},
    icc=SRGB,
    dpi=(300.0, 150.0),
)


def make_image(height=150, width=70, channels=3, bits=8):
    """Smooth and noisy, so that every branch of a predictor is taken."""
    y, x = np.mgrid[:height, :width][..., None]
    waves = 0.5 + (np.sin(x / 9 + np.arange(channels)) + np.cos(y / 5)) / 5
    noise = RANDOM.normal(0, 0.02, (height, width, channels))
    levels = np.clip(waves + noise, 0, 1) * (2**bits - 1)
    return levels.astype(f"uint{bits}")


def write(path, pixels, metadata=None, cuts=(7, 90)):
    bits = 8 * pixels.itemsize
    header = Header(*pixels.shape, bits, metadata or Metadata())
    write_image(path, header, iter(np.split(pixels, cuts)))
    return path


def headed(height, width, channels=3, bits=8):
    return Header(height, width, channels, bits, Metadata())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_png_is_read_back_by_libpng(channels, bits, tmp_path):
    pixels = make_image(channels=channels, bits=bits)
    data = write(tmp_path / "a.png", pixels).read_bytes()
    kind = tf.uint16 if bits == 16 else tf.uint8
    np.testing.assert_array_equal(tf.io.decode_png(data, 0, kind), pixels)


def test_png_is_about_as_small_as_pillows(tmp_path):
    pixels = make_image()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    ours = write(tmp_path / "a.png", pixels).stat().st_size
    assert ours < 1.1 * len(buffer.getvalue())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("limit", [2**32, 0])
def test_tiff_is_read_back_by_tifffile(
    channels, bits, limit, tmp_path, monkeypatch
):
    monkeypatch.setattr(tiff, "_CLASSIC_LIMIT", limit)
    monkeypatch.setattr(tiff, "_STRIP", 5_000)
    pixels = make_image(channels=channels, bits=bits)
    path = write(tmp_path / "a.tif", pixels, FACTS)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff == (limit == 0)
        assert len(file.pages) == 1
        page = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), pixels.squeeze())
        assert page.tags["Make"].value == "Maker"
        assert page.tags["InterColorProfile"].value == SRGB
        assert page.tags["XResolution"].value == (300_000, 1000)
        exif = page.tags["ExifTag"].value
        assert exif["PixelXDimension"] == 70
        assert exif["ExposureTime"] == pytest.approx(0.004)
    if bits == 8:
        np.testing.assert_array_equal(
            np.asarray(Image.open(path)), pixels.squeeze()
        )


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_in_bands_decodes_as_the_one_that_pillow_writes(
    channels, tmp_path
):
    pixels = make_image(height=203, channels=channels)
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(
        buffer, "JPEG", quality=95, subsampling=0
    )
    path = write(tmp_path / "a.jpg", pixels)
    with Image.open(path) as ours:
        np.testing.assert_array_equal(np.asarray(ours), Image.open(buffer))
    # A second decoder, which complains of misplaced restart markers.
    np.testing.assert_array_equal(
        tf.io.decode_jpeg(path.read_bytes(), dct_method="INTEGER_ACCURATE"),
        np.asarray(Image.open(buffer)).reshape(pixels.shape),
    )
    markers = re.findall(b"\xff([\xd0-\xd7])", path.read_bytes())
    assert [m[0] % 8 for m in markers] == [i % 8 for i in range(25)]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bmp_is_read_back_by_pillow(channels, tmp_path):
    pixels = make_image(channels=channels)
    path = write(tmp_path / "a.bmp", pixels, Metadata(dpi=(300, 300)))
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels.squeeze())
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_webp_is_near(channels, tmp_path):
    pixels = make_image(channels=channels)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    with Image.open(write(tmp_path / "a.webp", pixels)) as image:
        found = np.asarray(image.convert(mode)).reshape(pixels.shape)
    assert np.abs(found.astype(float) - pixels).mean() < 4
    if channels in (2, 4):
        np.testing.assert_array_equal(found[..., -1], pixels[..., -1])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_metadata_are_carried_over(suffix, tmp_path):
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), FACTS)
    ) as image:
        image.load()
        exif = image.getexif()
        assert exif[0x010F] == "Maker"
        photo = exif.get_ifd(0x8769)
        assert float(photo[0x829A]) == pytest.approx(0.004)
        assert (photo[0xA002], photo[0xA003]) == (70, 150)
        assert exif.get_ifd(0x8825)[1] == "N"
        assert 0x0112 not in exif
        assert image.info["icc_profile"] == SRGB
        if suffix == ".webp":  # Whose only place for it is in Exif.
            assert (exif[0x011A], exif[0x011B], exif[0x0128]) == (300, 150, 2)
        else:
            assert image.info["dpi"] == pytest.approx((300, 150), abs=0.1)


def test_what_bmp_cannot_say_is_announced(tmp_path, capsys):
    write(tmp_path / "a.bmp", make_image(), FACTS)
    message = capsys.readouterr().err
    assert "a.bmp: the format has no room for the colour profile" in message
    assert "bytes of Exif data" in message


def test_a_tag_of_too_many_values_is_packed_without_a_remark():
    # Of a damaged file; a warning would be an error here.
    packed = pack_exif({}, {}, {0: (1, 2, 3)})
    exif = Image.Exif()
    exif.load(packed)
    assert exif.get_ifd(0x8825) == {0: b"\1"}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_too_much_exif_costs_the_exif_not_the_image(suffix, tmp_path, capsys):
    facts = dataclasses.replace(FACTS, photo={0x927C: bytes(70_000)})
    path = write(tmp_path / f"a{suffix}", make_image(), facts)
    message = capsys.readouterr().err
    with Image.open(path) as image:
        image.load()
        assert image.info["icc_profile"] == SRGB
        assert (0x010F in image.getexif()) == (suffix != ".jpg")
    assert ("a.jpg: the format has no room for 70," in message) == (
        suffix == ".jpg"
    )


def test_a_profile_beyond_jpegs_segments_is_left_out(tmp_path, capsys):
    facts = Metadata(icc=bytes(255 * 65_519 + 1))
    path = write(tmp_path / "a.jpg", make_image(), facts)
    assert "no room for the colour profile" in capsys.readouterr().err
    with Image.open(path) as image:
        assert "icc_profile" not in image.info
    facts = Metadata(icc=bytes(255 * 65_519))
    with Image.open(write(tmp_path / "b.jpg", make_image(), facts)) as image:
        assert image.info["icc_profile"] == facts.icc


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_the_bytes_of_texts_are_carried_over(suffix, tmp_path):
    """In whatever encoding they are; Pillow reads them as Latin-1."""
    texts = {
        0x013B: "Zo\xeb, \u6751".encode().decode("latin-1"),
        0x8298: "\xa9 photographer\0\xa9 editor",
    }
    lens = "Obj\xc3\xa9ktiv"
    facts = Metadata(texts=texts, photo={0xA434: lens}, gps={0x1D: "\xe9"})
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), facts)
    ) as image:
        exif = image.getexif()
        assert {tag: exif[tag] for tag in texts} == texts
        assert exif.get_ifd(0x8769)[0xA434] == lens
        assert exif.get_ifd(0x8825)[0x1D] == "\xe9"


@pytest.mark.parametrize("dpi", [0.0001, 0.4, 65_535.0])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
def test_every_resolution_that_is_read_can_be_written(suffix, dpi, tmp_path):
    facts = Metadata(dpi=(dpi, dpi))
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), facts)
    ) as image:
        image.load()


def test_a_lossless_webp_stays_so(tmp_path):
    pixels = make_image()
    for lossless in (False, True):
        path = tmp_path / f"{lossless}.webp"
        write(path, pixels, Metadata(icc=SRGB, lossless=lossless))
        assert is_lossless_webp(path) == lossless
        with Image.open(path) as image:
            same = (np.asarray(image) == pixels).all()
        assert same == lossless


@pytest.mark.parametrize(
    ("suffix", "header", "reason"),
    [
        (".jpg", headed(65_501, 1), "1 x 65501 pixels"),
        (".webp", headed(1, 16_384), "16384 x 1 pixels"),
        (".bmp", headed(40_000, 40_000), "40000 x 40000 pixels"),
        (".jpeg", headed(1, 1, 4), "RGB with alpha"),
        (".bmp", headed(1, 1, 2), "grey with alpha"),
        (".webp", headed(1, 1, 3, 16), "16 bits per channel"),
    ],
)
def test_what_a_format_cannot_hold_is_message_before(suffix, header, reason):
    with pytest.raises(UserError, match=rf"{reason}.*; try --format png"):
        check_header(suffix, header)


def test_the_largest_images_are_allowed():
    check_header(".jpg", headed(65_500, 65_500))
    check_header(".webp", headed(16_383, 16_383, 4))
    check_header(".png", headed(40_000, 40_000, 4, 16))
    check_header(".bmp", headed(37_000, 37_000))


def test_bands_are_cut_and_joined():
    rows = np.arange(23)[:, None, None]
    for cuts in ([], [1, 2, 3], [5, 20], [11], [4, 8, 12, 16]):
        groups = list(in_groups(np.split(rows, cuts), 4))
        assert [len(group) for group in groups] == [4, 4, 4, 4, 4, 3]
        np.testing.assert_array_equal(np.concatenate(groups), rows)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    def stopped():
        yield make_image()[:80]
        raise KeyboardInterrupt

    for suffix in ("png", "jpg", "tif", "bmp", "webp"):
        with pytest.raises(KeyboardInterrupt):
            write_image(tmp_path / f"a.{suffix}", headed(150, 70), stopped())
    assert list(tmp_path.iterdir()) == []
