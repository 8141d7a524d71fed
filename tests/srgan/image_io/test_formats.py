"""Kinds of files beyond PNG, JPEG, WebP, TIFF, BMP and GIF."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from srgan.image_io import open_image as opening
from srgan.image_io import webp
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb
from srgan.image_io.formats import FORMATS
from srgan.image_io.jxl import jxl_size
from srgan.image_io.output_format import output_suffix
from srgan.image_io.read import read_image

y, x = np.mgrid[:24, :36]
SMOOTH = np.stack([x * 7, y * 10, 255 - x * 5], -1).astype(np.uint8)
GAIN_MAP_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>
 </rdf:RDF></x:xmpmeta>"""


def save(path, image=None, kind=None, **keywords):
    (image or Image.fromarray(SMOOTH)).save(path, kind, **keywords)
    return path


@pytest.fixture
def heif():
    module = pytest.importorskip("pillow_heif", reason="the extra formats")
    module.register_heif_opener()
    return module


@pytest.fixture
def codecs():
    return pytest.importorskip("imagecodecs", reason="the extra formats")


def turned_exif():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    return exif.tobytes()


def close(pixels, expected):
    difference = pixels.astype(float) - expected
    assert np.abs(difference).mean() < 4


def test_avif_is_read_upright_with_its_exif(tmp_path):
    path = save(tmp_path / "a.avif", exif=turned_exif(), quality=95)
    image = read_image(path)
    close(image.pixels, np.rot90(SMOOTH, -1))
    assert image.metadata.texts == {0x010F: "Maker"}
    close(read_rgb(path), np.rot90(SMOOTH, -1))


def test_avif_keeps_alpha(tmp_path):
    alpha = np.dstack([SMOOTH, x * 7]).astype(np.uint8)
    path = save(tmp_path / "a.avif", Image.fromarray(alpha), quality=95)
    close(read_image(path).pixels, alpha)


@pytest.mark.parametrize(
    ("primaries", "transfer"), [(1, 13), (12, 13), (9, 16)]
)
def test_coded_colors_of_avif(codecs, primaries, transfer, tmp_path, capsys):
    path = tmp_path / "a.avif"
    path.write_bytes(
        codecs.avif_encode(
            SMOOTH, level=90, primaries=primaries, transfer=transfer
        )
    )
    icc = read_image(path).metadata.icc
    assert (icc is not None) == (primaries == 12)
    hdr = "left out: its HDR transfer function" in capsys.readouterr().err
    assert hdr == (transfer == 16)


def test_avif_of_10_bits_is_read_with_a_warning(codecs, tmp_path, capsys):
    path = tmp_path / "a.avif"
    deep = SMOOTH.astype(np.uint16) * 4
    path.write_bytes(codecs.avif_encode(deep, level=95, bitspersample=10))
    close(read_image(path).pixels, SMOOTH)
    assert "a.avif: its 10 or 12 bits are read as 8" in capsys.readouterr().err
    save(path)
    read_image(path)
    assert "bits" not in capsys.readouterr().err


def test_heic_is_read_upright_with_its_exif(heif, tmp_path):
    path = save(tmp_path / "a.heic", exif=turned_exif(), quality=95)
    image = read_image(path)
    close(image.pixels, np.rot90(SMOOTH, -1))
    assert image.metadata.texts == {0x010F: "Maker"}
    assert image.metadata.orientation == 1
    close(read_rgb(path), np.rot90(SMOOTH, -1))


def test_heic_of_12_bits_is_read_with_16(heif, tmp_path):
    deep = SMOOTH.astype(np.uint16) * 257
    path = tmp_path / "a.heic"
    file = heif.from_bytes("RGB;16", (36, 24), deep.tobytes())
    file.save(path, quality=95, bit_depth=12)
    pixels = read_image(path).pixels
    assert pixels.dtype == np.uint16
    close(pixels / 257, SMOOTH)
    assert len(np.unique(pixels)) > 256
    assert output_suffix(path) == ".png"


def test_the_main_image_of_a_heic_is_read_and_others_are_named(
    heif, tmp_path, capsys
):
    other = Image.new("RGB", (12, 8), "red")
    path = tmp_path / "a.heic"
    Image.fromarray(SMOOTH).save(
        path, save_all=True, append_images=[other], quality=95
    )
    close(read_image(path).pixels, SMOOTH)
    assert "a.heic: left out: the second image" in capsys.readouterr().err


@pytest.mark.parametrize("size", [(24, 36), (8, 8), (300, 450), (7, 4001)])
def test_the_size_of_jpeg_xl_is_read_from_its_header(codecs, size, tmp_path):
    path = tmp_path / "a.jxl"
    height, width = size
    pixels = np.zeros((height, width, 3), np.uint8)
    for container in (False, True):
        path.write_bytes(
            codecs.jpegxl_encode(pixels, usecontainer=container, effort=1)
        )
        assert jxl_size(path) == (width, height)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_jpeg_xl_is_read(codecs, channels, kind, tmp_path):
    pixels = np.dstack([SMOOTH, x * 7])[..., :channels].astype(kind)
    pixels *= 257 if kind == "uint16" else 1
    path = tmp_path / "a.jxl"
    path.write_bytes(codecs.jpegxl_encode(pixels.squeeze(), lossless=True))
    np.testing.assert_array_equal(read_image(path).pixels, pixels)
    if channels == 3:
        np.testing.assert_array_equal(read_rgb(path), SMOOTH)


def test_metadata_of_jpeg_xl(codecs, tmp_path, capsys):
    data = codecs.jpegxl_encode(SMOOTH, lossless=True, usecontainer=True)
    exif = bytes(4) + turned_exif().removeprefix(b"Exif\0\0")
    for name, content in ((b"Exif", exif), (b"xml ", b"<x/>")):
        data += struct.pack(">I", 8 + len(content)) + name + content
    path = tmp_path / "a.jxl"
    path.write_bytes(data)
    image = read_image(path)
    # The decoder has turned it by the codestream, which rules.
    np.testing.assert_array_equal(image.pixels, SMOOTH)
    assert image.metadata.texts == {0x010F: "Maker"}
    assert image.metadata.orientation == 1
    assert image.metadata.xmp == b"<x/>"
    assert "color profile of a JPEG XL" in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_large_webp_is_read_as_pillow_does(codecs, mode, tmp_path, monkeypatch):
    image = Image.fromarray(np.dstack([SMOOTH, x * 7]).astype(np.uint8))
    path = save(tmp_path / "a.webp", image.convert(mode), quality=80)
    expected = read_image(path).pixels
    monkeypatch.setattr(webp, "_LARGE", 10)
    with Image.open(path) as opened:
        assert webp.decodes_large_webp(opened)
    np.testing.assert_array_equal(read_image(path).pixels, expected)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableImage):
        read_image(path)


def test_a_jpeg_xl_bomb_is_refused_before_it_is_decoded(codecs, tmp_path):
    path = tmp_path / "a.jxl"
    path.write_bytes(codecs.jpegxl_encode(np.zeros((900, 900), np.uint8)))
    with pytest.raises(UnreadableImage, match="900 x 900 is more than"):
        read_image(path, max_pixels=800_000)


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_a_bomb_is_refused_before_it_is_decoded(suffix, tmp_path):
    if suffix == ".heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    path = save(tmp_path / f"a{suffix}", Image.new("RGB", (900, 900)))
    with pytest.raises(UnreadableImage, match="900 x 900 is more than"):
        read_image(path, max_pixels=800_000)


@pytest.mark.parametrize("library", ["pillow_heif", "imagecodecs"])
def test_a_missing_library_is_named(library, tmp_path, monkeypatch):
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda name: None)
    name, data, package = {
        "pillow_heif": ("HEIC", b"\0\0\0\x18ftypheic", "pillow-heif"),
        "imagecodecs": ("JPEG XL", b"\xff\x0a", "imagecodecs"),
    }[library]
    path = tmp_path / "a"
    path.write_bytes(data.ljust(100, b"\0"))
    message = f"a {name} image; to read it, run: pip install {package}"
    with pytest.raises(UnreadableImage, match=message):
        read_image(path)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"8BPS\0\1", "Photoshop"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"v/1\x01", "OpenEXR"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw file"),
        (b"\0\0\0\x18ftypisom\0\0\0\1", "video"),
        (b"%PDF-1.7", "PDF"),
        (b"P6\n3 2\n255\n", "Netpbm"),
        (b"\0\0\1\0\1\0", "icon"),
    ],
)
def test_other_kinds_are_named(data, name, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(data.ljust(100, b"\0"))
    with pytest.raises(UnreadableImage, match=f"{name}.* is not read"):
        read_image(path)


def test_raw_files_are_told_from_tiff_by_their_names(tmp_path):
    for name in ("a.dng", "b.nef"):
        save(tmp_path / name, kind="TIFF")
        with pytest.raises(UnreadableImage, match="a camera's raw file"):
            read_image(tmp_path / name)


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JFIF"])
def test_other_names_of_jpeg(suffix, tmp_path):
    path = save(tmp_path / f"a{suffix}", kind="JPEG", quality=95)
    close(read_image(path).pixels, SMOOTH)
    assert suffix.lower() in FORMATS
    assert output_suffix(path) == suffix


def test_formats_that_are_not_written_become_jpeg_or_png(tmp_path):
    clear = Image.new("RGBA", (9, 6), (1, 2, 3, 4))
    for name, image, kind, suffix in (
        ("a.avif", None, None, ".jpg"),
        ("b.avif", clear, None, ".png"),
        ("c.mpo", None, "JPEG", ".jpg"),
        ("d", None, "JPEG", ".jpg"),
        ("e.gif", None, None, ".png"),
        ("f", None, "PNG", ".png"),
    ):
        path = save(tmp_path / name, image, kind)
        assert output_suffix(path) == suffix, name
    (tmp_path / "g").write_text("no image")
    assert output_suffix(tmp_path / "g") == ".png"


def mpo(path, *others, **keywords):
    return save(
        path, kind="MPO", save_all=True, append_images=others, **keywords
    )


def test_what_a_multi_picture_file_holds_is_named(tmp_path, capsys):
    small = Image.new("RGB", (12, 8))
    mpo(tmp_path / "two.jpg", small, quality=95)
    close(read_image(tmp_path / "two.jpg").pixels, SMOOTH)
    assert "two.jpg: left out: the second image" in capsys.readouterr().err
    mpo(tmp_path / "hdr.jpg", small, xmp=GAIN_MAP_XMP)
    read_image(tmp_path / "hdr.jpg")
    message = capsys.readouterr().err
    assert message.count("left out") == 1
    assert "hdr.jpg: left out: the HDR gain map\n" in message


def test_floating_point_pixels_become_16_bits(tmp_path, capsys):
    levels = np.array([[0, 0.25, 1]], np.float32)
    path = save(tmp_path / "a.tif", Image.fromarray(levels))
    pixels = read_image(path).pixels
    assert pixels[0, :, 0].tolist() == [0, 16384, 65535]
    assert not capsys.readouterr().err
    save(path, Image.fromarray(levels * 400 - 100))
    pixels = read_image(path).pixels
    assert pixels[0, :, 0].tolist() == [0, 16384, 65535]
    assert "range of -100 to 300" in capsys.readouterr().err
    levels[0, 1] = np.nan
    save(path, Image.fromarray(levels))
    with pytest.raises(UnreadableImage, match="NaN"):
        read_image(path)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_half_a_file_is_refused(kind, tmp_path):
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    buffer = io.BytesIO()
    Image.fromarray(SMOOTH).save(buffer, kind)
    path = tmp_path / "a"
    for size in (30, len(buffer.getvalue()) // 2):
        path.write_bytes(buffer.getvalue()[:size])
        with pytest.raises(UnreadableImage):
            read_image(path)
