"""A folder of forty odd files: each is upscaled whole, or named."""

import re
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, PngImagePlugin

from gancore.saving.model_io import save_h5
from srgan import Generator
from srgan.commands.upscale import UpscaleOptions, run
from srgan.image_io.exif import pack_exif
from srgan.image_io.read import read_image

y, x = np.mgrid[:8, :12]
RGB = np.stack([x * 20, y * 30, 255 - x * 20], -1).astype(np.uint8)
RGBA = np.dstack([RGB, y * 36]).astype(np.uint8)
DEEP = RGB.astype(np.uint16) * 257
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:rating="5"/>'
GAIN_MAP = b'<a xmlns:b="http://ns.adobe.com/hdr-gain-map/1.0/" b:V="1"/>'
IPTC = b"\x1c\x02\x19\x00\x03cat"


class Nearest:
    """Stands in for the network: repeats each pixel."""

    scale = 2

    def __init__(self, *args, **settings):
        pass

    def bands(self, pixels, on_tile=None):
        for row in pixels:
            yield row[None].repeat(2, axis=0).repeat(2, axis=1)


def save(path, pixels=RGB, kind=None, **settings):
    Image.fromarray(pixels).save(path, kind, **settings)


def png(path, name, data):
    save(path, kind="PNG")
    start = path.read_bytes()
    chunk = struct.pack(">I", len(data)) + name + data
    chunk += struct.pack(">I", zlib.crc32(name + data))
    path.write_bytes(start[:33] + chunk + start[33:])


def frames(path, **settings):
    images = [Image.fromarray(RGB), Image.fromarray(RGB[::-1])]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=[50, 120],
        loop=0,
        **settings,
    )


def make_jpegs(folder):
    segment = b"Photoshop 3.0\x008BIM\x04\x04\0\0"
    segment += struct.pack(">I", len(IPTC)) + IPTC
    exif = pack_exif({0x0110: "Camera"}, {0x829A: 0.01, 0xA002: 12}, {})
    save(
        folder / "photo.jpg",
        exif=exif,
        xmp=XMP,
        comment=b"mine",
        dpi=(300, 300),
        extra=b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment,
    )
    save(folder / "photo.jfif", kind="JPEG")
    turned = Image.Exif()
    turned[0x0112] = 6
    save(folder / "turned.jpg", exif=turned)
    save(folder / "gray.jpg", RGB[..., 0])
    Image.fromarray(RGB).convert("CMYK").save(folder / "press.jpg")
    small = [Image.new("RGB", (4, 4))]
    for name, settings in (("two.mpo", {}), ("hdr.jpg", {"xmp": GAIN_MAP})):
        Image.fromarray(RGB).save(
            folder / name, "MPO", save_all=True, append_images=small, **settings
        )


def make_pngs(folder):
    save(folder / "clear.png", RGBA)
    Image.fromarray(DEEP[..., 0]).save(folder / "deep.png")
    Image.fromarray(RGB).quantize(9).save(folder / "palette.png")
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a cat")
    save(folder / "texts.png", pnginfo=texts)
    png(folder / "linear.png", b"gAMA", struct.pack(">I", 100_000))
    png(folder / "wide.png", b"cICP", bytes([12, 13, 0, 1]))
    png(folder / "a\x1b[31m.png", b"gAMA", struct.pack(">I", 45_455))


def make_others(folder):
    save(folder / "lossless.webp", lossless=True)
    save(folder / "lossy.webp", xmp=XMP)
    for name in ("moving.webp", "moving.gif", "moving.apng"):
        settings = {"format": "PNG"} if name.endswith("apng") else {}
        frames(folder / name, **settings)
    save(folder / "still.gif")
    save(folder / "sea.avif", quality=95)
    save(folder / "glass.avif", RGBA)
    save(folder / "photo.bmp")


def make_tiffs(folder):
    for name, pixels, settings in (
        ("planes.tif", DEEP.transpose(2, 0, 1), {"planarconfig": "separate"}),
        ("float.tif", RGB / np.float32(255), {}),
        ("geo.tif", RGB, {"extratags": [(33550, "d", 3, (1, 1, 0), True)]}),
    ):
        tifffile.imwrite(folder / name, pixels, photometric="rgb", **settings)
    inks = np.dstack([DEEP, DEEP[..., 0] * 0])
    tifffile.imwrite(folder / "press.tif", inks, photometric="separated")
    tifffile.imwrite(folder / "white.tif", RGB[..., 0], photometric=0)
    tifffile.imwrite(
        folder / "cells.tif", RGB[..., 0], imagej=True, resolution=(4, 4)
    )
    tifffile.imwrite(
        folder / "cells.ome.tif",
        RGB[..., 0],
        metadata={"axes": "YX", "PhysicalSizeX": 0.5},
    )


def make_bad(folder):
    """What cannot be upscaled, and what its message says."""
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no image")
    (folder / "design.jpg").write_bytes(b"8BPS".ljust(50, b"\0"))
    data = (folder / "clear.png").read_bytes()
    (folder / "half.png").write_bytes(data[: len(data) // 2])
    pages = [Image.fromarray(RGB)] * 2
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    (folder / "gone.png").symlink_to(folder / "absent")
    save(folder / "bomb.png", np.zeros((400, 400), np.uint8))
    save(folder / "bomb.avif", np.zeros((400, 400), np.uint8))
    with (folder / "gigabyte.png").open("wb") as file:
        file.write(data[:33] + struct.pack(">I", 2**30) + b"tEXt")
        file.truncate(2**30 + 99)  # A hole, which takes no space.
    for name in ("same.jpg", "same.avif"):
        save(folder / name)
    return {
        "empty.png": "the file is empty",
        "text.png": "not an image",
        "design.jpg": "Photoshop",
        "half.png": "truncated",
        "pages.tif": "holds 2 images",
        "gone.png": "No such file",
        "bomb.png": "400 x 400 is more than",
        "bomb.avif": "400 x 400 is more than",
        "gigabyte.png": "metadata take more than",
        "same.jpg": "same output .jpg",
        "same.avif": "same output .jpg",
    }


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    make_jpegs(folder)
    make_pngs(folder)
    make_others(folder)
    make_tiffs(folder)
    save(folder / "sub" / "photo.png")
    return folder


@pytest.fixture
def upscale(tmp_path, monkeypatch):
    """Runs the command with the stand-in; returns its exit status."""
    model = tmp_path / "tiny.h5"
    save_h5(Generator(2, blocks=1, filters=2), model, {"package": "srgan"})
    monkeypatch.setattr("srgan.inference.tiled_upscaler.TiledUpscaler", Nearest)

    def upscale(*words):
        options = UpscaleOptions(
            photos=tuple(map(str, words)),
            model=str(model),
            out=str(tmp_path / "out"),
            max_pixels=100_000,
        )
        return run(options)

    return upscale


def test_a_folder_of_odd_files_loses_nothing_silently(
    folder, upscale, tmp_path, capsys
):
    good = {path for path in folder.rglob("*") if path.is_file()}
    bad = make_bad(folder)
    for name in ("notes.txt", "b.txt", "c.psd", ".hidden"):
        (folder / name).touch()
    (folder / "link.png").symlink_to("clear.png")
    (folder / "sub" / "up").symlink_to("..")
    (tmp_path / "other").mkdir()
    save(tmp_path / "other" / "linked.png")
    (folder / "other").symlink_to(tmp_path / "other")
    assert len(good) + len(bad) > 38
    assert upscale(folder) == 1
    message = capsys.readouterr()
    lines = message.out.splitlines()
    assert sum("->" in line for line in lines) == len(good) + 1
    for name, reason in bad.items():
        (line,) = [
            line
            for line in message.err.splitlines()
            if name in line and line.startswith("skipped")
        ]
        assert reason in line
    assert (
        "left out: 2 .txt, 1 hidden, 1 .psd, 1 link to another" in message.err
    )
    for name, what in (
        ("two.mpo", "second image"),
        ("hdr.jpg", "gain map"),
        ("geo.tif", "georeference"),
        ("press.tif", "RGB of 8 bits"),
        ("linear.png", "gamma of 1"),
    ):
        assert re.search(rf"{name}: .*{what}", message.err)
    assert "\x1b" not in message.out + message.err
    out = tmp_path / "out"
    outputs = [path for path in out.rglob("*") if path.is_file()]
    assert len(outputs) == len(good) + 1
    assert not [path for path in outputs if path.name.startswith(".")]
    for path in outputs:
        with Image.open(path) as image:
            size = (16, 24) if path.stem == "turned_x2" else (24, 16)
            assert image.size == size, path


def test_pixels_and_metadata_of_the_folder(folder, upscale, tmp_path):
    assert upscale(folder) == 0
    out = tmp_path / "out"
    for path in folder.iterdir():
        if path.suffix in (".png", ".tif", ".bmp") or "lossless" in path.name:
            found = read_image(out / f"{path.stem}_x2{path.suffix}").pixels
            expected = read_image(path).pixels
            expected = expected.repeat(2, axis=0).repeat(2, axis=1)
            np.testing.assert_array_equal(found, expected, err_msg=path.name)
    with Image.open(out / "photo_x2.jpg") as image:
        exif = image.getexif()
        assert exif[0x0110] == "Camera"
        assert exif.get_ifd(ExifTags.IFD.Exif)[0xA002] == 24
        assert image.info["xmp"] == XMP
        assert image.info["photoshop"][0x0404] == IPTC
        assert image.info["comment"] == b"mine"
        assert image.info["dpi"] == (300, 300)
    with Image.open(out / "photo_x2.jfif") as image:
        assert image.format == "JPEG"
    with Image.open(out / "texts_x2.png") as image:
        image.load()
        assert image.text["parameters"] == "a cat"
    with Image.open(out / "wide_x2.png") as image:
        assert "icc_profile" in image.info
    with tifffile.TiffFile(out / "cells_x2.tif") as file:
        assert file.pages[0].tags["XResolution"].value == (8000, 1000)
    with tifffile.TiffFile(out / "cells.ome_x2.tif") as file:
        assert 'PhysicalSizeX="0.25"' in file.pages[0].description
    for name in ("moving_x2.webp", "moving_x2.gif", "moving_x2.apng"):
        with Image.open(out / name) as image:
            assert image.n_frames == 2
            image.seek(1)
            image.load()
            assert image.info["duration"] == 120


@pytest.mark.parametrize("suffix", [".heic", ".jxl"])
def test_files_of_optional_libraries(suffix, upscale, tmp_path):
    path = tmp_path / f"photo{suffix}"
    if suffix == ".heic":
        library = pytest.importorskip("pillow_heif", reason="extra formats")
        library.register_heif_opener()
        save(path, quality=95)
    else:
        library = pytest.importorskip("imagecodecs", reason="extra formats")
        path.write_bytes(library.jpegxl_encode(RGB, lossless=True))
    assert upscale(path) == 0
    (output,) = (tmp_path / "out").iterdir()
    assert output.suffix == (".jpg" if suffix == ".heic" else ".png")
    with Image.open(output) as image:
        assert image.size == (24, 16)


def test_without_their_libraries_heic_and_jpeg_xl_are_named(
    upscale, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic".ljust(99, b"\0"))
    (tmp_path / "b.jxl").write_bytes(b"\xff\x0a".ljust(99, b"\0"))
    save(tmp_path / "c.png")
    words = [tmp_path / name for name in ("a.heic", "b.jxl", "c.png")]
    assert upscale(*words) == 1
    message = capsys.readouterr()
    assert "a.heic: a HEIC image; to read it, run: pip install" in message.err
    assert "b.jxl: a JPEG XL image; to read it, run: pip" in message.err
    assert message.out.count("->") == 1
