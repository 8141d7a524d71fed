import dataclasses
import io
import re

import numpy as np
import pytest
import tensorflow as tf
import tifffile
from PIL import Image, ImageCms

from gancore.errors import UserError
from srgan.image_io.encoders import tiff
from srgan.image_io.encoders.header import Header, regroup_rows
from srgan.image_io.exif import pack_exif
from srgan.image_io.metadata import Metadata
from srgan.image_io.quirks import is_lossless_webp
from srgan.image_io.write import check_header, describe_format, write_image

RANDOM = np.random.default_rng(0)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
METADATA = Metadata(
    texts={0x010F: "Maker"},
    exif_ifd={0x829A: 0.004, 0xA002: 9, 0xA003: 6},
    gps={1: "N"},
    icc=SRGB,
    dpi=(300.0, 150.0),
)


def make_image(height=150, width=70, channels=3, bits=8):
    """Returns a smooth, noisy image that takes every branch of a predictor."""
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


def make_header(height, width, channels=3, bits=8):
    return Header(height, width, channels, bits, Metadata())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_png_is_read_back_by_libpng(channels, bits, tmp_path):
    pixels = make_image(channels=channels, bits=bits)
    data = write(tmp_path / "a.png", pixels).read_bytes()
    kind = tf.uint16 if bits == 16 else tf.uint8
    np.testing.assert_array_equal(tf.io.decode_png(data, 0, kind), pixels)


def test_png_is_at_most_a_tenth_larger_than_pillows(tmp_path):
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
    monkeypatch.setattr(tiff, "_STRIP_BYTES", 5_000)
    pixels = make_image(channels=channels, bits=bits)
    path = write(tmp_path / "a.tif", pixels, METADATA)
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
def test_jpeg_in_bands_decodes_as_pillows(channels, tmp_path):
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


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".jfif"])
def test_quality_is_that_of_pillow(suffix, tmp_path):
    pixels = make_image()
    kind = "WEBP" if suffix == ".webp" else "JPEG"
    for quality in (60, 95):
        header = dataclasses.replace(make_header(150, 70), quality=quality)
        write_image(tmp_path / f"a{suffix}", header, [pixels])
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(
            buffer, kind, quality=quality, subsampling=0
        )
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert image.format == kind
            np.testing.assert_array_equal(image, Image.open(buffer))


def test_the_compression_is_described():
    header = make_header(4, 4)
    jpeg = describe_format(".jfif", header)
    assert jpeg == "JPEG quality 95, chroma 4:4:4"
    assert describe_format(".jpg", make_header(4, 4, 1)) == "JPEG quality 95"
    assert "WebP quality 95" in describe_format(".webp", header)
    for suffix in (".png", ".tif", ".bmp"):
        assert describe_format(suffix, header) == "lossless"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bmp_is_read_back_by_pillow(channels, tmp_path):
    pixels = make_image(channels=channels)
    path = write(tmp_path / "a.bmp", pixels, Metadata(dpi=(300, 300)))
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels.squeeze())
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_webp_is_close_to_its_source(channels, tmp_path):
    pixels = make_image(channels=channels)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    with Image.open(write(tmp_path / "a.webp", pixels)) as image:
        found = np.asarray(image.convert(mode)).reshape(pixels.shape)
    assert np.abs(found.astype(float) - pixels).mean() < 4
    if channels in (2, 4):
        np.testing.assert_array_equal(found[..., -1], pixels[..., -1])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_metadata_are_kept(suffix, tmp_path):
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), METADATA)
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


def test_metadata_that_bmp_cannot_hold_are_reported(tmp_path, capsys):
    write(tmp_path / "a.bmp", make_image(), METADATA)
    message = capsys.readouterr().err
    assert "a.bmp: the format has no room for the color profile" in message
    assert "bytes of Exif data" in message


def test_a_tag_of_too_many_values_is_packed_without_a_warning():
    # Of a damaged file; a warning would be an error here.
    packed = pack_exif({}, {}, {0: (1, 2, 3)})
    exif = Image.Exif()
    exif.load(packed)
    assert exif.get_ifd(0x8825) == {0: b"\1"}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_oversized_exif_is_dropped_and_the_image_kept(suffix, tmp_path, capsys):
    metadata = dataclasses.replace(METADATA, exif_ifd={0x927C: bytes(70_000)})
    path = write(tmp_path / f"a{suffix}", make_image(), metadata)
    message = capsys.readouterr().err
    with Image.open(path) as image:
        image.load()
        assert image.info["icc_profile"] == SRGB
        assert (0x010F in image.getexif()) == (suffix != ".jpg")
    assert ("a.jpg: the format has no room for 70," in message) == (
        suffix == ".jpg"
    )


def test_a_profile_beyond_jpegs_segments_is_dropped(tmp_path, capsys):
    metadata = Metadata(icc=bytes(255 * 65_519 + 1))
    path = write(tmp_path / "a.jpg", make_image(), metadata)
    assert "no room for the color profile" in capsys.readouterr().err
    with Image.open(path) as image:
        assert "icc_profile" not in image.info
    metadata = Metadata(icc=bytes(255 * 65_519))
    with Image.open(write(tmp_path / "b.jpg", make_image(), metadata)) as image:
        assert image.info["icc_profile"] == metadata.icc


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_the_bytes_of_strings_are_kept(suffix, tmp_path):
    """In any encoding; Pillow decodes them as Latin-1."""
    texts = {
        0x013B: "Zo\xeb, \u6751".encode().decode("latin-1"),
        0x8298: "\xa9 photographer\0\xa9 editor",
    }
    lens = "Obj\xc3\xa9ktiv"
    metadata = Metadata(
        texts=texts, exif_ifd={0xA434: lens}, gps={0x1D: "\xe9"}
    )
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), metadata)
    ) as image:
        exif = image.getexif()
        assert {tag: exif[tag] for tag in texts} == texts
        assert exif.get_ifd(0x8769)[0xA434] == lens
        assert exif.get_ifd(0x8825)[0x1D] == "\xe9"


@pytest.mark.parametrize("dpi", [0.0001, 0.4, 65_535.0])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
def test_every_resolution_that_is_read_can_be_written(suffix, dpi, tmp_path):
    metadata = Metadata(dpi=(dpi, dpi))
    with Image.open(
        write(tmp_path / f"a{suffix}", make_image(), metadata)
    ) as image:
        image.load()


def test_a_lossless_webp_stays_lossless(tmp_path):
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
        (".jpg", make_header(65_501, 1), "1 x 65501 pixels"),
        (".webp", make_header(1, 16_384), "16384 x 1 pixels"),
        (".bmp", make_header(40_000, 40_000), "40000 x 40000 pixels"),
        (".jpeg", make_header(1, 1, 4), "RGB with alpha"),
        (".bmp", make_header(1, 1, 2), "gray with alpha"),
        (".webp", make_header(1, 1, 3, 16), "16 bits per channel"),
    ],
)
def test_unsupported_images_are_refused_before_writing(suffix, header, reason):
    with pytest.raises(UserError, match=rf"{reason}.*; try --format png"):
        check_header(suffix, header)


def test_the_largest_supported_images_are_accepted():
    check_header(".jpg", make_header(65_500, 65_500))
    check_header(".webp", make_header(16_383, 16_383, 4))
    check_header(".png", make_header(40_000, 40_000, 4, 16))
    check_header(".bmp", make_header(37_000, 37_000))


def test_rows_are_regrouped():
    rows = np.arange(23)[:, None, None]
    for cuts in ([], [1, 2, 3], [5, 20], [11], [4, 8, 12, 16]):
        groups = list(regroup_rows(np.split(rows, cuts), 4))
        assert [len(group) for group in groups] == [4, 4, 4, 4, 4, 3]
        np.testing.assert_array_equal(np.concatenate(groups), rows)


def test_writing_is_atomic(tmp_path):
    def stopped():
        yield make_image()[:80]
        raise KeyboardInterrupt

    for suffix in ("png", "jpg", "tif", "bmp", "webp"):
        with pytest.raises(KeyboardInterrupt):
            write_image(
                tmp_path / f"a.{suffix}", make_header(150, 70), stopped()
            )
    assert list(tmp_path.iterdir()) == []
