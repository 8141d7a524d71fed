"""Animations, read from Pillow's files and read back by Pillow."""

import dataclasses
import io
import struct

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.image_io import animation as animations
from srgan.image_io.animation import open_animation
from srgan.image_io.encoders.animation import AnimationHeader
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.metadata import Metadata
from srgan.image_io.output_format import output_suffix
from srgan.image_io.write_animation import (
    check_animation,
    describe_animation,
    write_animation,
)

MAX_PIXELS = 10**6
COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
DURATIONS = [50, 120, 1000]
ALL = [".gif", ".webp", ".png"]


def solid(color, mode="RGB"):
    return Image.new(mode, (12, 8), color)


def save(path, frames=None, **settings):
    frames = frames or [solid(color) for color in COLORS]
    if path.suffix == ".webp":
        settings.setdefault("lossless", True)
    settings.setdefault("duration", DURATIONS)
    frames[0].save(path, save_all=True, append_images=frames[1:], **settings)
    return path


def doubled(source, target):
    animation = open_animation(source, MAX_PIXELS)
    header = AnimationHeader(
        height=2 * animation.height,
        width=2 * animation.width,
        count=animation.count,
        loop=animation.loop,
        may_be_transparent=animation.may_be_transparent,
        metadata=dataclasses.replace(animation.metadata, lossless=True),
    )
    frames = (
        (pixels.repeat(2, axis=0).repeat(2, axis=1), duration)
        for pixels, duration in animation.frames()
    )
    write_animation(target, header, frames)
    return target


def shown(path):
    """Frames as RGBA, and their durations."""
    with Image.open(path) as image:
        frames, durations = [], []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGBA")))
            durations.append(image.info.get("duration"))
        return np.stack(frames), durations


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("source", ALL)
def test_frames_durations_and_loops_are_kept(source, target, tmp_path):
    path = save(tmp_path / f"a{source}", loop=0)
    result = doubled(path, tmp_path / f"b{target}")
    frames, durations = shown(result)
    assert frames.shape == (3, 16, 24, 4)
    np.testing.assert_array_equal(frames[:, 3, 5, :3], COLORS)
    assert (frames[..., 3] == 255).all()
    assert durations == pytest.approx(DURATIONS)
    with Image.open(result) as image:
        assert image.info["loop"] == 0


@pytest.mark.parametrize("loop", [None, 0, 1, 5])
@pytest.mark.parametrize("suffix", ALL)
def test_the_number_of_loops_is_kept(suffix, loop, tmp_path):
    settings = {} if loop is None else {"loop": loop}
    path = save(tmp_path / f"a{suffix}", **settings)
    with Image.open(path) as before:
        expected = before.info.get("loop")
    with Image.open(doubled(path, tmp_path / f"b{suffix}")) as image:
        if suffix == ".gif" and loop == 1:
            assert image.info.get("loop", 1) == 1
        else:
            assert image.info.get("loop") == expected


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_disposal_is_applied(disposal, target, tmp_path):
    """Squares that wander over nothing, as Pillow composes them."""
    frames = []
    for place in (0, 4, 8):
        frame = Image.new("RGBA", (12, 8))
        frame.paste((255, 0, 0, 255), (place, 2, place + 3, 6))
        frames.append(frame)
    path = save(tmp_path / "a.gif", frames, disposal=disposal, loop=0)
    expected, _ = shown(path)
    found, _ = shown(doubled(path, tmp_path / f"b{target}"))
    assert len(found) == 3
    expected = expected.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(found[..., 3], expected[..., 3])
    visible = expected[..., 3] > 0
    np.testing.assert_array_equal(found[visible], expected[visible])


def test_durations_of_gif_are_right_in_sum(tmp_path):
    frames = [solid((i * 20, 0, 0)) for i in range(12)]
    path = save(tmp_path / "a.webp", frames, duration=[33] * 12)
    _, durations = shown(doubled(path, tmp_path / "b.gif"))
    assert sum(durations) == pytest.approx(12 * 33, abs=10)


def test_photos_in_a_gif_have_few_wrong_colors(tmp_path):
    y, x = np.mgrid[:64, :96]
    photo = np.stack([x * 2, y * 4, 255 - x * 2], -1).astype(np.uint8)
    frames = [Image.fromarray(photo), Image.fromarray(photo[::-1])]
    path = save(tmp_path / "a.webp", frames, duration=100)
    found, _ = shown(doubled(path, tmp_path / "b.gif"))
    expected = np.stack([photo, photo[::-1]])
    expected = expected.repeat(2, axis=1).repeat(2, axis=2)
    assert np.abs(found[..., :3].astype(int) - expected).mean() < 8


def test_the_other_image_of_an_apng_is_no_frame(tmp_path):
    path = tmp_path / "a.png"
    solid((9, 9, 9)).save(
        path,
        save_all=True,
        append_images=[solid(color) for color in COLORS],
        default_image=True,
        duration=DURATIONS,
    )
    animation = open_animation(path, MAX_PIXELS)
    colors = [pixels[0, 0].tolist() for pixels, _ in animation.frames()]
    assert colors == [list(color) for color in COLORS]


def test_metadata_are_kept(tmp_path, capsys):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    path = save(tmp_path / "a.webp", exif=exif, xmp=b"<x/>")
    for suffix in (".webp", ".png"):
        with Image.open(doubled(path, tmp_path / f"b{suffix}")) as image:
            image.load()
            assert image.getexif()[0x010F] == "Maker"
            assert b"<x/>" in image.info["xmp"]
    doubled(path, tmp_path / "b.gif")
    assert "no room for" in capsys.readouterr().err
    comment = save(tmp_path / "c.gif", comment=b"mine" * 100)
    with Image.open(doubled(comment, tmp_path / "d.gif")) as image:
        assert image.info["comment"] == b"mine" * 100


def test_animated_avif_becomes_webp(tmp_path):
    path = save(tmp_path / "a.avif", quality=100, subsampling="4:4:4")
    assert output_suffix(path) == ".webp"
    frames, durations = shown(doubled(path, tmp_path / "b.webp"))
    np.testing.assert_allclose(frames[:, 3, 5, :3], COLORS, atol=12)
    assert durations == pytest.approx(DURATIONS)


def test_other_images_are_no_animations(tmp_path):
    for suffix in (".gif", ".webp", ".png", ".jpg", ".tif", ".avif"):
        solid((1, 2, 3)).save(tmp_path / f"a{suffix}")
        assert open_animation(tmp_path / f"a{suffix}", MAX_PIXELS) is None
    pages = [solid(color) for color in COLORS]
    pages[0].save(tmp_path / "b.tif", save_all=True, append_images=pages[1:])
    assert open_animation(tmp_path / "b.tif", MAX_PIXELS) is None
    assert output_suffix(save(tmp_path / "c.gif")) == ".gif"


def test_too_long_and_too_large_animations_are_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "a.gif")
    with pytest.raises(UnreadableImage, match="12 x 8 is more than 95"):
        open_animation(path, 95)
    monkeypatch.setattr(animations, "MAX_FRAMES", 2)
    with pytest.raises(UnreadableImage, match="an animation of 3 frames"):
        open_animation(path, MAX_PIXELS)


def gif_of(count):
    """A GIF of many equal frames."""
    buffer = io.BytesIO()
    solid((255, 0, 0)).save(buffer, "GIF")
    data = buffer.getvalue()
    start = data.index(b",\0\0\0\0")
    frame = b"!\xf9\x04\0\x05\0\0\0" + data[start:-1]
    return data[:start] + frame * count + b";"


def test_an_animation_of_100_000_frames_is_refused(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(gif_of(100_000))
    with pytest.raises(UnreadableImage, match="an animation of 100,000"):
        open_animation(path, MAX_PIXELS)


def test_a_gif_whose_second_frame_is_huge_is_refused(tmp_path):
    data = bytearray(gif_of(3))
    places = [i for i in range(len(data)) if data[i : i + 5] == b",\0\0\0\0"]
    data[places[1] + 5 : places[1] + 9] = b"\xff\xff\xff\xff"
    path = tmp_path / "a.gif"
    path.write_bytes(data)
    with pytest.raises(UnreadableImage, match="too large"):
        list(open_animation(path, MAX_PIXELS).frames())


def test_an_apng_that_claims_a_billion_frames_is_refused(tmp_path):
    path = save(tmp_path / "a.png")
    data = path.read_bytes()
    place = data.index(b"acTL") + 4
    claim = struct.pack(">I", 10**9)
    path.write_bytes(data[:place] + claim + data[place + 4 :])
    with pytest.raises(UnreadableImage):
        animation = open_animation(path, MAX_PIXELS)
        list(animation.frames())


@pytest.mark.parametrize("suffix", ALL)
def test_a_truncated_animation_leaves_nothing(suffix, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3), "uint8")
    path = save(tmp_path / f"a{suffix}", [Image.fromarray(n) for n in noise])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(UnreadableImage):
        animation = open_animation(path, MAX_PIXELS)
        if animation is None:
            raise UnreadableImage
        doubled(path, tmp_path / f"b{suffix}")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_formats_that_hold_no_animation_are_refused():
    with pytest.raises(UserError, match="try --format webp"):
        check_animation(".jpg", 8, 8)
    with pytest.raises(UserError, match="smaller --scale"):
        check_animation(".webp", 8, 16_384)
    with pytest.raises(UserError, match="smaller --scale"):
        check_animation(".png", 20_000, 20_000)


def test_the_compression_is_described():
    header = AnimationHeader(
        height=8,
        width=12,
        count=3,
        loop=0,
        may_be_transparent=False,
        metadata=Metadata(),
    )
    assert describe_animation(".gif", header) == (
        "12 x 8, 3 frames, 256 colors a frame"
    )
    assert "quality 95" in describe_animation(".webp", header)
    assert "lossless" in describe_animation(".png", header)
