"""TIFFs of samples that Pillow does not keep, against tifffile."""

import numpy as np
import pytest
import tifffile

from srgan.image_io import tiff_samples
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb
from srgan.image_io.read import read_image

RANDOM = np.random.default_rng(0)
DEEP = RANDOM.integers(0, 65536, (40, 50, 4), dtype=np.uint16)
FLOATS = RANDOM.uniform(0, 1, (40, 50, 3)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.tif"


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_planes_of_16_bits(path, tile, order, compression, predictor):
    if compression == "lzw":
        pytest.importorskip("imagecodecs", reason="tifffile needs it")
    tifffile.imwrite(
        path,
        DEEP[..., :3].transpose(2, 0, 1),
        photometric="rgb",
        planarconfig="separate",
        compression=compression,
        predictor=predictor and compression is not None,
        byteorder=order,
        tile=tile,
        rowsperstrip=None if tile else 7,
    )
    pixels = read_image(path).pixels
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, DEEP[..., :3])
    expected = np.rint(DEEP[..., :3] / 257)
    np.testing.assert_array_equal(read_rgb(path), expected)


@pytest.mark.parametrize("predictor", [1, 3])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("order", "<>")
def test_floating_point_colors(
    path, order, kind, planar, compression, predictor
):
    if predictor == 3:
        pytest.importorskip("imagecodecs", reason="tifffile needs it")
    floats = FLOATS.astype(kind)
    tifffile.imwrite(
        path,
        floats if planar == "contig" else floats.transpose(2, 0, 1),
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        predictor=predictor if compression else None,
        byteorder=order,
        rowsperstrip=9,
    )
    pixels = read_image(path).pixels
    expected = np.rint(floats.astype(float) * 65535)
    np.testing.assert_array_equal(pixels, expected)


def test_floating_point_tiles_with_their_predictor(path):
    pytest.importorskip("imagecodecs", reason="tifffile needs it")
    tifffile.imwrite(
        path,
        FLOATS,
        photometric="rgb",
        compression="zlib",
        predictor=3,
        tile=(16, 32),
    )
    pixels = read_image(path).pixels
    np.testing.assert_array_equal(pixels, np.rint(FLOATS.astype(float) * 65535))


@pytest.mark.parametrize("kind", ["uint32", "float32"])
def test_white_is_zero(path, kind):
    levels = RANDOM.integers(0, 2, (6, 9)).astype(kind)
    white = 2**32 - 1 if kind == "uint32" else 1
    tifffile.imwrite(
        path, (white - levels).astype(kind), photometric="miniswhite"
    )
    pixels = read_image(path).pixels[..., 0]
    expected = levels * (1 if kind == "uint32" else 65535)
    np.testing.assert_array_equal(pixels, expected)


def test_gray_and_alpha_of_16_bits(path):
    tifffile.imwrite(
        path,
        DEEP[..., :2],
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"],
    )
    np.testing.assert_array_equal(read_image(path).pixels, DEEP[..., :2])


def test_colors_are_no_longer_multiplied_by_alpha(path):
    free = DEEP // 2 + 20_000
    opacity = free[..., 3:] / 65535
    stored = free.copy()
    stored[..., :3] = np.rint(free[..., :3] * opacity)
    tifffile.imwrite(
        path, stored, photometric="rgb", extrasamples=["assocalpha"]
    )
    pixels = read_image(path).pixels
    np.testing.assert_array_equal(pixels[..., 3], free[..., 3])
    assert np.abs(pixels.astype(int) - free).max() <= 2


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_cmyk_of_16_bits(path, planar, capsys):
    inks = np.zeros((4, 6, 4), np.uint16)
    inks[:2, :, 1:3] = 65535
    tifffile.imwrite(
        path,
        inks if planar == "contig" else inks.transpose(2, 0, 1),
        photometric="separated",
        planarconfig=planar,
    )
    pixels = read_image(path).pixels
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[3, 0].tolist() == [255, 255, 255]
    assert "CMYK of 16 bits becomes RGB of 8" in capsys.readouterr().err


def test_extra_channels_are_named(path, capsys):
    five = np.concatenate([DEEP, DEEP[..., :1]], axis=-1)
    tifffile.imwrite(
        path,
        five,
        photometric="rgb",
        extrasamples=["unassalpha", "unspecified"],
    )
    np.testing.assert_array_equal(read_image(path).pixels, DEEP)
    assert "left out: 1 extra channel" in capsys.readouterr().err


@pytest.mark.parametrize("big", [False, True])
def test_orientation_and_metadata_are_kept(path, big):
    tifffile.imwrite(
        path,
        FLOATS,
        photometric="rgb",
        bigtiff=big,
        resolution=(300, 150),
        description="a cat",
        extratags=[(274, 3, 1, 6, True)],
        metadata=None,
    )
    image = read_image(path)
    expected = np.rot90(np.rint(FLOATS.astype(float) * 65535), -1)
    np.testing.assert_array_equal(image.pixels, expected)
    assert image.metadata.texts[270] == "a cat"
    assert image.metadata.dpi == (150, 300)
    assert read_rgb(path).shape == expected.shape


def test_too_many_bytes_and_pages_are_refused(path, monkeypatch):
    tifffile.imwrite(path, FLOATS, photometric="rgb")
    with pytest.raises(UnreadableImage, match="50 x 40 is more than"):
        read_image(path, max_pixels=1999)
    monkeypatch.setattr(tiff_samples, "_MAX_BYTES", 23_999)
    with pytest.raises(UnreadableImage, match="24,000 bytes of float32"):
        read_image(path)
    with tifffile.TiffWriter(path) as writer:
        for _ in range(2):
            writer.write(FLOATS, photometric="rgb")
    with pytest.raises(UnreadableImage, match="several images"):
        read_image(path)
