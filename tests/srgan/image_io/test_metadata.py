"""Metadata from one file to another, read back by other programs' code."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from srgan.image_io.encoders.header import Header
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.exif import pack_exif
from srgan.image_io.icc import SRGB_PRIMARIES, primaries_profile
from srgan.image_io.read import read_image
from srgan.image_io.write import write_image

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmp:Rating="5" tiff:Orientation="1" hdrgm:Version="1.0"
 tiff:ImageWidth="40"><exif:PixelYDimension>30</exif:PixelYDimension>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""
# A record version and a keyword.
IPTC = b"\x1c\x02\x00\x00\x02\x00\x04\x1c\x02\x19\x00\x03cat"
ALL = (".png", ".jpg", ".webp", ".tif")


def upscaled(source, target, scale=2):
    """Writes an image twice as large, as the command does."""
    image = read_image(source)
    pixels = image.pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    metadata = image.metadata.scaled(scale, source)
    write_image(target, Header(*pixels.shape, 8, metadata), [pixels])
    return Image.open(io.BytesIO(target.read_bytes()))


def save(path, pixels=PIXELS, **settings):
    Image.fromarray(pixels).save(path, **settings)
    return path


def segment(iptc):
    data = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc))
    data += iptc + bytes(len(iptc) % 2)
    return b"\xff\xed" + struct.pack(">H", len(data) + 2) + data


def png_with(path, *chunks, pixels=PIXELS):
    """A PNG with more chunks behind its header."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    data = buffer.getvalue()
    extra = b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    path.write_bytes(data[:33] + extra + data[33:])
    return path


def xmp_of(image):
    image.load()
    return image.info.get("xmp")


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("source", ALL)
def test_xmp_is_kept_and_corrected(source, target, tmp_path):
    path = tmp_path / f"a{source}"
    if source == ".png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        save(path, pnginfo=info)
    elif source == ".tif":
        save(path, tiffinfo={700: XMP})
    else:
        save(path, xmp=XMP)
    xmp = xmp_of(upscaled(path, tmp_path / f"b{target}"))
    assert b'xmp:Rating="5"' in xmp
    assert b'tiff:ImageWidth="80"' in xmp
    assert b"<exif:PixelYDimension>60<" in xmp
    assert b"Orientation" not in xmp
    assert b"Version" not in xmp


@pytest.mark.parametrize(
    "xmp",
    [
        XMP[:-20],
        b"\0\1\2",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" * 3,
    ],
)
def test_malformed_xmp_is_dropped_with_a_warning(xmp, tmp_path, capsys):
    path = save(tmp_path / "a.jpg", xmp=xmp)
    image = upscaled(path, tmp_path / "b.jpg")
    assert "xmp" not in image.info
    assert "a.jpg: the XMP is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("target", [".jpg", ".tif", ".png"])
def test_iptc_data_are_kept(target, tmp_path):
    source = save(tmp_path / "a.jpg", extra=segment(IPTC))
    path = tmp_path / f"b{target}"
    with upscaled(source, path) as image:
        if target == ".jpg":
            assert image.info["photoshop"][0x0404] == IPTC
        elif target == ".tif":
            assert image.tag_v2[33723] == IPTC
        else:
            image.load()
            text = image.text["Raw profile type iptc"].split()
            assert text[0] == "iptc"
            assert int(text[1]) == len(bytes.fromhex("".join(text[2:])))
    # Back again.
    with upscaled(path, tmp_path / "c.jpg") as image:
        assert image.info["photoshop"][0x0404] == IPTC


def test_what_a_format_cannot_hold_is_named(tmp_path, capsys):
    source = save(tmp_path / "a.jpg", extra=segment(IPTC), comment="mine")
    upscaled(source, tmp_path / "b.webp")
    message = capsys.readouterr().err
    assert "b.webp: the format has no room for 15 bytes of IPTC" in message
    assert "no room for the comment" in message


def test_comments_of_jpeg(tmp_path):
    source = save(tmp_path / "a.jpg", comment="Caf\xe9".encode())
    with upscaled(source, tmp_path / "b.jpg") as image:
        assert image.info["comment"] == "Caf\xe9".encode()
    with upscaled(source, tmp_path / "b.png") as image:
        assert image.text["Comment"] == "Caf\xe9"


def test_texts_of_png(tmp_path, capsys):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a cat, Steps: 20", zip=True)
    info.add_itxt("Description", "Ein B\xe4r", "de", "Beschreibung")
    info.add_text("workflow", "{}")
    source = save(tmp_path / "a.png", pnginfo=info)
    with upscaled(source, tmp_path / "b.png") as image:
        image.load()
        assert image.text == {
            "parameters": "a cat, Steps: 20",
            "Description": "Ein B\xe4r",
            "workflow": "{}",
        }
        assert image.text["Description"].lang == "de"
    with upscaled(source, tmp_path / "b.jpg") as image:
        exif = image.getexif()
        assert exif[270].encode("latin-1").decode() == "Ein B\xe4r"
        comment = exif.get_ifd(0x8769)[0x9286]
        assert comment == b"UNICODE\0" + "a cat, Steps: 20".encode("utf-16-be")
    assert "no room for texts of a PNG (workflow)" in capsys.readouterr().err


@pytest.mark.parametrize("target", ALL)
def test_ratings_and_keywords_of_windows(target, tmp_path):
    exif = Image.Exif()
    exif[0x4746], exif[0x4749] = 4, 75
    exif[0x9C9E] = "cat;dog".encode("utf-16-le")
    source = save(tmp_path / "a.jpg", exif=exif)
    with upscaled(source, tmp_path / f"b{target}") as image:
        kept = image.getexif()
        assert (kept[0x4746], kept[0x4749]) == (4, 75)
        assert bytes(kept[0x9C9E]) == exif[0x9C9E]


@pytest.mark.parametrize("target", [".jpg", ".webp", ".png"])
def test_the_thumbnail_is_made_anew_and_upright(target, tmp_path):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :20] = 255
    thumbnail = io.BytesIO()
    Image.new("RGB", (16, 12)).save(thumbnail, "JPEG")
    exif = pack_exif({0x0112: 6}, {}, {}, thumbnail.getvalue())
    source = save(tmp_path / "a.jpg", pixels, exif=exif, quality=95)
    with upscaled(source, tmp_path / f"b{target}") as image:
        place = image.getexif().get_ifd(ExifTags.IFD.IFD1)
        raw = image.info["exif"]
        start = raw.index(b"II*\0") + place[0x0201]
        small = Image.open(io.BytesIO(raw[start : start + place[0x0202]]))
        assert small.size == (40, 60)
        levels = np.asarray(small)[..., 0]
        assert levels[:15].min() > 200
        assert levels[25:].max() < 60
    # None is invented.
    source = save(tmp_path / "c.jpg")
    with upscaled(source, tmp_path / f"d{target}") as image:
        assert not image.getexif().get_ifd(ExifTags.IFD.IFD1)


def test_a_gamma_is_converted_to_that_of_srgb(tmp_path):
    gray = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    linear = png_with(
        tmp_path / "a.png", (b"gAMA", struct.pack(">I", 100_000)), pixels=gray
    )
    pixels = read_image(linear).pixels[0, :, 0]
    assert (pixels[0], pixels[255]) == (0, 255)
    # 0.2140 and 0.5 of the light: by IEC 61966-2-1.
    assert (pixels[55], pixels[128]) == (128, 188)
    usual = png_with(
        tmp_path / "b.png", (b"gAMA", struct.pack(">I", 45_455)), pixels=gray
    )
    np.testing.assert_array_equal(read_image(usual).pixels[0, :, 0], gray[0])
    with upscaled(usual, tmp_path / "c.png") as image:
        assert image.info["gamma"] == pytest.approx(0.45455)
    with upscaled(linear, tmp_path / "d.png") as image:
        assert "gamma" not in image.info


def test_a_gamma_does_not_change_alpha(tmp_path):
    pixels = np.full((4, 4, 4), 55, np.uint8)
    path = png_with(
        tmp_path / "a.png",
        (b"gAMA", struct.pack(">I", 100_000)),
        pixels=pixels,
    )
    assert read_image(path).pixels[0, 0].tolist() == [128, 128, 128, 55]


@pytest.mark.parametrize("target", ALL)
def test_other_primaries_become_a_profile(target, tmp_path):
    p3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
    numbers = [round(number * 100_000) for number in p3]
    for name, chunk in (
        ("measured", (b"cHRM", struct.pack(">8I", *numbers))),
        ("coded", (b"cICP", bytes([12, 13, 0, 1]))),
    ):
        source = png_with(tmp_path / f"{name}.png", chunk)
        with upscaled(source, tmp_path / f"{name}_b{target}") as image:
            profile = ImageCms.ImageCmsProfile(
                io.BytesIO(image.info["icc_profile"])
            )
        # Of Display P3's profile, adapted to D50.
        red, green, blue = (
            profile.profile.red_colorant[0],
            profile.profile.green_colorant[0],
            profile.profile.blue_colorant[0],
        )
        for found, expected in (
            (red, (0.5151, 0.2412, -0.0011)),
            (green, (0.2919, 0.6922, 0.0419)),
            (blue, (0.1572, 0.0666, 0.7841)),
        ):
            assert found == pytest.approx(expected, abs=0.001)


def test_the_primaries_of_srgb_yield_the_profile_of_srgb():
    expected = ImageCms.createProfile("sRGB").red_colorant
    found = ImageCms.ImageCmsProfile(
        io.BytesIO(primaries_profile(SRGB_PRIMARIES))
    ).profile.red_colorant
    assert found[0] == pytest.approx(expected[0], abs=0.0005)


def test_hdr_color_spaces_are_kept_in_png_and_named_elsewhere(tmp_path, capsys):
    source = png_with(tmp_path / "a.png", (b"cICP", bytes([9, 16, 0, 1])))
    upscaled(source, tmp_path / "b.png")
    data = (tmp_path / "b.png").read_bytes()
    assert b"cICP" + bytes([9, 16, 0, 1]) in data
    assert data.index(b"cICP") < data.index(b"IDAT")
    assert not capsys.readouterr().err
    upscaled(source, tmp_path / "b.jpg")
    assert "color space of the PNG (cICP)" in capsys.readouterr().err


@pytest.mark.parametrize("value", [0, 2**32 - 1])
def test_impossible_gammas_and_primaries_are_ignored(value, tmp_path):
    source = png_with(
        tmp_path / "a.png",
        (b"gAMA", struct.pack(">I", value)),
        (b"cHRM", struct.pack(">8I", *[value] * 8)),
    )
    np.testing.assert_array_equal(read_image(source).pixels, PIXELS)


def test_metadata_of_a_gigabyte_are_refused(tmp_path):
    path = png_with(tmp_path / "a.png")
    data = path.read_bytes()
    with path.open("wb") as file:
        file.write(data[:33] + struct.pack(">I", 2**30) + b"tEXt")
        file.truncate(2**30 + 1000)  # A hole, which takes no space.
    with pytest.raises(UnreadableImage, match="metadata take more than"):
        read_image(path)


def test_sizes_of_imagej_are_scaled(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        PIXELS[..., 0],
        imagej=True,
        resolution=(4.0, 2.0),
        metadata={"unit": "um"},
    )
    upscaled(path, tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        page = file.pages[0]
        assert file.is_imagej
        assert file.imagej_metadata["unit"] == "um"
        assert page.tags["XResolution"].value == (8000, 1000)
        assert page.tags["YResolution"].value == (4000, 1000)
        assert page.tags["ResolutionUnit"].value == 1


def test_sizes_of_ome_xml_are_scaled(tmp_path, capsys):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path,
        PIXELS[..., 0],
        metadata={
            "axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "um",
            "PhysicalSizeY": 0.25, "PhysicalSizeYUnit": "um",
        },
    )  # fmt: skip
    upscaled(path, tmp_path / "b.ome.tif")
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        ome = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        assert file.series[0].shape == (60, 80)
    assert (ome["SizeX"], ome["SizeY"]) == (80, 60)
    assert ome["PhysicalSizeX"] == 0.25
    assert ome["PhysicalSizeY"] == 0.125
    # Of two images it is not clear which is meant.
    text = '<OME><Pixels SizeX="4"/><Pixels SizeX="4"/></OME>'
    save(tmp_path / "c.tif", tiffinfo={270: text})
    with upscaled(tmp_path / "c.tif", tmp_path / "d.tif") as image:
        assert 270 not in image.tag_v2
    assert "c.tif: left out: its OME-XML" in capsys.readouterr().err


def test_a_georeference_is_named(tmp_path, capsys):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, PIXELS, extratags=[(33550, "d", 3, (1.0, 1.0, 0.0), True)]
    )
    read_image(path)
    assert "left out: its georeference" in capsys.readouterr().err


def test_directories_of_exif_in_a_circle(tmp_path):
    """Each pointer leads to the main directory."""
    entries = [
        struct.pack("<HHII", tag, 4, 1, 8) for tag in (0x8769, 0x8825, 0xA005)
    ]
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 3) + b"".join(entries)
    data += struct.pack("<I", 8)
    path = save(tmp_path / "a.jpg", exif=b"Exif\0\0" + data)
    with upscaled(path, tmp_path / "b.jpg") as image:
        assert image.size == (80, 60)
