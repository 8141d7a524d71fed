"""Untrusted images, in files and in records of shards."""

import contextlib
import io
import itertools
import json
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import strategies as st
from PIL import Image

from gancore.errors import UserError
from srgan.data.dead_leaves import dead_leaves
from srgan.data.shards.reading import read_sub_image
from srgan.data.shards.tfds_records import find_prepared, find_records
from srgan.image_io import files as images
from srgan.image_io import read
from srgan.image_io.animation import open_animation
from srgan.image_io.encoders.header import Header
from srgan.image_io.encoders.png import encode_png
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.metadata import Metadata

TOKENS = (
    b"IHDR", b"tRNS\0\0\0\0", b"eXIf", b"iCCP", b"acTL", b"IDAT", b"IEND",
    b"VP8X", b"ALPH", b"\xff\xd8", b"\xff\xe1", b"\xff\xda", b"\xff\xc2",
    b"Exif\0\0", b"II*\0", b"MM\0*", b"\1\0", b"\0\1", b"\x12\1", b"\x69\x87",
    b"\0\0\0\1", b"\1\0\0\0", b"\0\0\x40\0", b"\xff\x7f\0\0", b"ftypavif",
    b"ftypheic", b"ispe", b"jxlc",
)  # fmt: skip


def make_image(mode):
    pixels = dead_leaves(16, 0)[:9, :12]
    deep = pixels[..., 0].astype(np.uint16) * 257
    if mode == "I;16":
        return Image.fromarray(deep)
    if mode == "F":
        return Image.fromarray(deep.astype(np.float32))
    return Image.fromarray(pixels).convert(mode)


def saved(mode, kind, **settings):
    memory = io.BytesIO()
    make_image(mode).save(memory, kind, **settings)
    return memory.getvalue()


def exif_bytes():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x011A] = 6, "a cat", 72.0
    exif.get_ifd(0x8769)[0x829A] = 0.5
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    return exif.tobytes()


def valid_files():
    """Returns small files of every supported format and kind."""
    metadata = {
        "exif": exif_bytes(),
        "icc_profile": b"\0" * 16 + b"RGB " + b"\0" * 108,
    }
    deep = io.BytesIO()
    pixels = np.arange(9 * 12 * 3, dtype=np.uint16).reshape(9, 12, 3) * 200
    encode_png(deep, Header(9, 12, 3, 16, Metadata()), [pixels])
    return [
        deep.getvalue(),
        *(saved(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGBA", "I;16")),
        saved("RGB", "PNG", dpi=(72, 72), **metadata),
        saved("L", "PNG", bits=2, transparency=1),
        saved("RGB", "PNG", transparency=(1, 2, 3)),
        saved("RGB", "PNG", save_all=True, append_images=[make_image("RGB")]),
        *(saved(mode, "JPEG") for mode in ("L", "CMYK")),
        saved("RGB", "JPEG", progressive=True, dpi=(72, 72), **metadata),
        saved("RGB", "MPO", save_all=True, append_images=[make_image("RGB")]),
        saved("RGB", "WEBP", **metadata),
        saved("RGBA", "WEBP"),
        saved("RGBA", "WEBP", lossless=True),
        saved("RGB", "WEBP", save_all=True, append_images=[make_image("L")]),
        *(
            saved(mode, "TIFF")
            for mode in ("1", "L", "P", "RGBA", "CMYK", "I;16", "F", "LAB")
        ),
        *(
            saved("RGB", "TIFF", compression=how, dpi=(72, 72))
            for how in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")
        ),
        saved("1", "TIFF", compression="group4"),
        saved("RGB", "TIFF", big_tiff=True),
        saved("RGB", "TIFF", **metadata),
        *(saved(mode, "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")),
        saved("P", "GIF", transparency=1),
        saved("P", "GIF", save_all=True, append_images=[make_image("L")]),
        planar_tiff(),
        *deep_tiffs(),
        saved("RGB", "AVIF", exif=exif_bytes()),
        saved("RGB", "AVIF", save_all=True, append_images=[make_image("L")]),
        saved("RGBA", "AVIF"),
        *optional_files(),
    ]


def deep_tiffs():
    """Returns TIFFs of samples that are decoded here and not by Pillow."""
    deep = np.arange(9 * 12 * 4, dtype=np.uint16).reshape(9, 12, 4) * 150
    for pixels, settings in (
        (deep[..., :3], {"photometric": "rgb", "planarconfig": "separate"}),
        (deep, {"photometric": "separated"}),
        (deep, {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
        (deep[..., :3] / np.float32(65535), {"photometric": "rgb"}),
    ):
        if "planarconfig" in settings:
            pixels = pixels.transpose(2, 0, 1)
        for layout in ({}, {"compression": "zlib", "predictor": True}):
            if pixels.dtype == np.float32 and layout:
                layout = {"compression": "zlib", "tile": (16, 16)}
            memory = io.BytesIO()
            tifffile.imwrite(memory, pixels, **settings, **layout)
            yield memory.getvalue()


def optional_files():
    """Returns HEIC and JPEG XL, if their libraries are installed."""
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
        yield saved("RGB", "HEIF", exif=exif_bytes(), quality=50)
        yield saved("RGBA", "HEIF")
        deep = np.arange(9 * 12 * 3, dtype=np.uint16) * 200
        memory = io.BytesIO()
        file = pillow_heif.from_bytes("RGB;16", (12, 9), deep.tobytes())
        file.save(memory, bit_depth=10)
        yield memory.getvalue()
    with contextlib.suppress(ImportError):
        import imagecodecs

        pixels = np.asarray(make_image("RGB"))
        for container in (False, True):
            yield imagecodecs.jpegxl_encode(pixels, usecontainer=container)
        yield imagecodecs.jpegxl_encode(pixels / np.float32(255))


def planar_tiff():
    """Returns a big-endian TIFF with 16-bit color planes."""
    tags = [
        (256, 3, 1, 2 << 16), (257, 3, 1, 2 << 16), (258, 3, 1, 16 << 16),
        (259, 3, 1, 1 << 16), (262, 3, 1, 0), (273, 4, 1, 200),
        (274, 3, 1, 6 << 16), (277, 3, 1, 1 << 16), (278, 3, 1, 2 << 16),
        (279, 4, 1, 8), (284, 3, 1, 1 << 16), (317, 3, 1, 1 << 16),
    ]  # fmt: skip
    data = b"MM\0*" + struct.pack(">IH", 8, len(tags))
    data += b"".join(struct.pack(">HHII", *tag) for tag in tags) + bytes(4)
    return data.ljust(200, b"\0") + bytes(range(8))


@pytest.fixture(scope="module")
def good() -> list[bytes]:
    return valid_files()


@pytest.fixture
def few_pixels(monkeypatch):
    """Lowers the limit of pixels, so that little memory is needed."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)


def check_animation(path):
    try:
        animation = open_animation(path, max_pixels=20_000)
        if animation:
            for pixels, duration in itertools.islice(animation.frames(), 9):
                size = (animation.height, animation.width)
                assert pixels.shape[:2] == size
                assert duration >= 1
    except UnreadableImage as error:
        assert str(error)


def test_damaged_images(fuzz, damaged, good, few_pixels, tmp_path):
    path = tmp_path / "image"

    def check(data):
        path.write_bytes(data)
        try:
            pixels = images.read_rgb(path)
            assert pixels.dtype == np.uint8
            assert pixels.shape[2:] == (3,)
            assert pixels.size <= 60_000
        except UnreadableImage as error:
            assert str(error)
        check_animation(path)
        try:
            image = read.read_image(path, max_pixels=20_000)
        except UnreadableImage as error:
            assert str(error)
            return
        height, width, channels = image.pixels.shape
        assert channels in range(1, 5)
        assert image.pixels.dtype in (np.uint8, np.uint16)
        image.metadata.exif(height, width, with_dpi=True)

    for data in good:
        check(data)
    fuzz(check, damaged(good, odd=TOKENS))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_sub_images_of_shards(fuzz, damaged, tmp_path):
    shard = tmp_path / "a.tfrecord"
    record = [saved("RGB", "PNG"), saved("P", "PNG"), saved("LA", "PNG")]

    def check(data):
        shard.write_bytes(b"12345" + data)
        try:
            pixels = read_sub_image(tmp_path / f"a.tfrecord#5+{len(data)}")
        except UnreadableImage as error:
            assert str(error)
            return
        assert pixels.dtype == np.uint8
        assert pixels.shape[2:] == (3,)

    fuzz(check, damaged(record, odd=TOKENS))


def test_names_of_sub_images(fuzz):
    """None of these files exists."""

    def check(name):
        with pytest.raises(UnreadableImage):
            read_sub_image(name)

    number = st.integers(0, 10**30) | st.integers(0, 9)
    names = st.builds("/none/{}.tfrecord#{}+{}".format, number, number, number)
    fuzz(check, names | st.text(max_size=10))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_records_of_tensorflow_datasets(fuzz, damaged, tmp_path):
    import tensorflow as tf

    def feature(data):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[data]))

    hr, lr = saved("RGB", "PNG"), saved("L", "PNG")
    example = tf.train.Example(
        features=tf.train.Features(
            feature={"hr": feature(hr), "lr": feature(lr)}
        )
    )
    file = tmp_path / "div2k-train.tfrecord-00000-of-00001"
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(example.SerializeToString())
    good = [file.read_bytes()]
    (tmp_path / "dataset_info.json").write_text('{"name": "div2k"}')

    def check(data):
        file.write_bytes(data)
        try:
            train, valid, small = find_records(tmp_path, 4, 4)
        except UserError as error:
            assert str(error)
            return
        assert not valid
        for path, fact in {**train, **dict.fromkeys(small.values())}.items():
            pixels = read_sub_image(path)
            assert fact is None or pixels.shape[:2] == fact.size

    check(good[0])
    fuzz(check, damaged(good, odd=TOKENS))


def test_descriptions_of_tensorflow_datasets(fuzz, altered, tmp_path):
    info = tmp_path / "dataset_info.json"

    def check(value):
        info.write_text(json.dumps(value))
        assert find_prepared(tmp_path, 4) == tmp_path
        try:
            assert find_records(tmp_path, 4, 4) == ({}, {}, {})
        except UserError as error:
            assert str(error)

    good = {"name": "div2k", "fileFormat": "tfrecord", "version": "2.0.0"}
    fuzz(check, altered(good))
