import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from gancore.cli.dispatch import run_command
from gancore.errors import UserError
from gancore.io.progress import Progress
from gancore.saving.model_io import save_h5
from gancore.sizes import parse_size
from srgan import Generator
from srgan.__main__ import COMMANDS
from srgan.commands.upscale import UpscaleOptions, run
from srgan.commands.upscale_plan import (
    Source,
    find_conflicts,
    find_sources,
    plan_outputs,
)
from srgan.image_io.quirks import is_lossless_webp
from srgan.inference import load
from srgan.inference.image_upscaler import ImageUpscaler
from srgan.inference.upscale import upscale

RANDOM = np.random.default_rng(0)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "b.jpg", "sub/a.png"):
        save(folder / name)
    return folder


def save(path, height=8, width=11, mode="RGB"):
    levels = RANDOM.integers(0, 256, (height, width, len(mode)), np.uint8)
    Image.fromarray(levels.squeeze()).save(path)
    return path


def upscale_files(model, *photos, **settings):
    words = tuple(map(str, photos))
    return run(UpscaleOptions(photos=words, model=model, **settings))


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*"))


def test_a_folder_is_upscaled_beside_the_files(model, photos, capsys):
    assert upscale_files(model, photos) == 0
    assert names(photos) == [
        "a.png", "a_x2.png", "b.jpg", "b_x2.jpg", "sub/a.png", "sub/a_x2.png",
    ]  # fmt: skip
    with Image.open(photos / "a_x2.png") as image:
        assert image.size == (22, 16)
        with Image.open(photos / "a.png") as photo:
            expected = upscale(np.asarray(photo), model)
        np.testing.assert_array_equal(np.asarray(image), expected)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"{photos / 'a.png'} -> {photos / 'a_x2.png'}")
    assert "22 x 16" in lines[0]


def test_a_second_run_keeps_existing_files(model, photos, capsys):
    upscale_files(model, photos)
    before = {p: p.stat().st_mtime_ns for p in photos.rglob("*.*")}
    assert upscale_files(model, photos) == 0
    assert {p: p.stat().st_mtime_ns for p in photos.rglob("*.*")} == before
    assert capsys.readouterr().out.count("exists and is kept") == 3
    (photos / "a_x2.png").write_bytes(b"old")
    assert upscale_files(model, photos / "a.png", overwrite=True) == 0
    with Image.open(photos / "a_x2.png") as image:
        assert image.size == (22, 16)


def test_out_mirrors_subfolders_and_format_sets_suffixes(
    model, photos, tmp_path
):
    out = tmp_path / "new" / "out"
    assert upscale_files(model, photos, out=str(out), format="tiff") == 0
    assert names(out) == ["a_x2.tif", "b_x2.tif", "sub/a_x2.tif"]


def test_bad_files_are_reported_and_skipped(model, photos, capsys):
    (photos / "empty.png").touch()
    (photos / "half.png").write_bytes((photos / "a.png").read_bytes()[:150])
    (photos / "text.png").write_text("no image")
    (photos / "b_x2.jpg").mkdir()
    frames = [Image.new("RGB", (4, 4), c) for c in ("red", "blue")]
    frames[0].save(
        photos / "pages.tif", save_all=True, append_images=frames[1:]
    )
    assert upscale_files(model, photos, photos / "gone.png") == 1
    message = capsys.readouterr()
    for name, reason in (
        ("empty.png", "the file is empty"),
        ("half.png", "truncated"),
        ("text.png", "not an image"),
        ("b.jpg", "is an existing folder"),
        ("pages.tif", "holds 2 images"),
        ("gone.png", "No such file"),
    ):
        (line,) = [line for line in message.err.splitlines() if name in line]
        assert line.startswith("skipped")
        assert reason in line
    assert message.out.count("->") == 2
    assert (photos / "sub" / "a_x2.png").is_file()


def test_odd_names_and_broken_links_are_reported_and_skipped(
    model, photos, capsys
):
    long = save(photos / ("a" * 250 + ".png"))
    (photos / "loop.png").symlink_to("loop.png")
    (photos / "gone.png").symlink_to(photos / "absent")
    too_long = photos / ("b" * 300 + ".png")
    (photos / ".hidden.png").write_text("no image")
    (photos / ".hidden").mkdir()
    (photos / ".hidden" / "thumb.png").write_text("no image")
    (photos / "folder.png").mkdir()
    assert upscale_files(model, photos, too_long) == 1
    message = capsys.readouterr()
    skipped = sorted(
        line for line in message.err.splitlines() if "skip" in line
    )
    assert skipped == [
        f"skipped {long}: File name too long",
        f"skipped {too_long}: File name too long",
        f"skipped {photos / 'gone.png'}: No such file or directory",
        f"skipped {photos / 'loop.png'}: Too many levels of symbolic links",
    ]
    assert message.out.count("->") == 3


def test_the_longest_valid_name_is_written(model, tmp_path):
    path = save(tmp_path / ("a" * 248 + ".png"))
    assert upscale_files(model, path) == 0
    assert (tmp_path / ("a" * 248 + "_x2.png")).is_file()


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "bmp", "webp"])
def test_impossible_resolutions_are_dropped(kind, model, tmp_path):
    photos = []
    for number, dots in enumerate([(0, 0), (1, 0), (2**32 - 1, 1)]):
        for suffix in (".tif", ".jpg"):
            exif = Image.Exif()
            exif[0x011A] = exif[0x011B] = IFDRational(*dots)
            photos.append(tmp_path / f"{suffix[1:]}{number}{suffix}")
            Image.new("RGB", (8, 6)).save(photos[-1], exif=exif)
    out = tmp_path / "out"
    assert upscale_files(model, *photos, format=kind, out=str(out)) == 0
    assert len(list(out.iterdir())) == len(photos)


def test_oversized_exif_is_dropped(model, tmp_path, capsys):
    exif = Image.Exif()
    exif[0x010F], exif[0x8769] = "Maker", {0x927C: bytes(70_000)}
    path = tmp_path / "a.png"
    Image.new("RGB", (8, 6)).save(path, exif=exif)
    assert upscale_files(model, path, format="jpeg") == 0
    assert "a_x2.jpg: the format has no room for" in capsys.readouterr().err
    with Image.open(tmp_path / "a_x2.jpg") as image:
        assert image.size == (16, 12)


def test_webp_stays_lossless_or_lossy(model, tmp_path):
    for name, lossless in (("a", True), ("b", False)):
        path = tmp_path / f"{name}.webp"
        Image.open(save(tmp_path / "a.png")).save(path, lossless=lossless)
        assert upscale_files(model, path) == 0
        assert is_lossless_webp(tmp_path / f"{name}_x2.webp") == lossless


def test_a_jfif_becomes_a_jpeg_of_the_quality_asked_for(
    model, tmp_path, capsys
):
    photo = save(tmp_path / "a.jpg").rename(tmp_path / "a.jfif")
    sizes = []
    for quality in (50, 95):
        settings = {"quality": quality, "overwrite": True}
        assert upscale_files(model, photo, **settings) == 0
        message = capsys.readouterr().out
        assert f"JPEG quality {quality}, chroma 4:4:4" in message
        sizes.append((tmp_path / "a_x2.jfif").stat().st_size)
    assert sizes[0] < sizes[1]
    with Image.open(tmp_path / "a_x2.jfif") as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_an_animation_is_upscaled_frame_by_frame(
    suffix, model, tmp_path, capsys
):
    frames = [Image.new("RGB", (11, 8), c) for c in ("red", "blue")]
    path = tmp_path / f"a{suffix}"
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=[50, 120],
        loop=0,
    )
    assert upscale_files(model, path) == 0
    assert "22 x 16, 2 frames, " in capsys.readouterr().out
    with Image.open(tmp_path / f"a_x2{suffix}") as image:
        assert (image.size, image.n_frames) == ((22, 16), 2)
        image.seek(1)
        image.load()
        assert image.info["duration"] == 120
        blue = np.asarray(image.convert("RGB"))[8, 11]
        assert np.abs(blue.astype(int) - [0, 0, 255]).max() < 12
    assert upscale_files(model, path, format="jpeg") == 1
    assert "cannot hold an animation" in capsys.readouterr().err


def test_a_decompression_bomb_is_refused_unless_allowed(model, photos, capsys):
    photo = photos / "a.png"
    assert upscale_files(model, photo, max_pixels=87) == 1
    assert "11 x 8 is more than 87 pixels" in capsys.readouterr().err
    assert upscale_files(model, photo, max_pixels=88) == 0


def test_unsupported_outputs_are_refused_before_upscaling(
    model, tmp_path, capsys
):
    save(tmp_path / "clear.png", mode="RGBA")
    Image.new("RGB", (8_192, 1)).save(tmp_path / "wide.webp")
    assert upscale_files(model, tmp_path / "clear.png", format="jpeg") == 1
    assert "cannot hold RGB with alpha" in capsys.readouterr().err
    assert upscale_files(model, tmp_path / "wide.webp") == 1
    assert "16384 x 2 pixels; try --format png" in capsys.readouterr().err


def test_every_kind_of_image_is_upscaled(model, tmp_path):
    """All modes in, the same channels and metadata out."""
    kinds = {
        "gray.png": ("L", "L"), "clear.png": ("RGBA", "RGBA"),
        "gray_clear.png": ("LA", "LA"), "one_bit.png": ("1", "L"),
        "deep.png": ("I;16", "I;16"), "deep.tif": ("I;16", "I;16"),
        "palette.png": ("P", "RGB"), "press.tif": ("CMYK", "RGB"),
        "photo.jpeg": ("RGB", "RGB"), "photo.bmp": ("RGB", "RGB"),
        "photo.webp": ("RGB", "RGB"), "clear.tif": ("RGBA", "RGBA"),
        "press.jpg": ("CMYK", "RGB"), "photo.gif": ("P", "RGB"),
    }  # fmt: skip
    with Image.open(save(tmp_path / "rgb.png")) as file:
        rgb = file.copy()
    for name, (mode, _) in kinds.items():
        if mode == "I;16":
            deep = np.linspace(0, 65535, 88).astype(np.uint16).reshape(8, 11)
            Image.fromarray(deep).save(tmp_path / name)
        else:
            rgb.convert(mode).save(tmp_path / name)
    out = tmp_path / "out"
    photos = [tmp_path / name for name in kinds]
    assert upscale_files(model, *photos, out=str(out)) == 0
    assert len(names(out)) == len(kinds)
    for name, (_, mode) in kinds.items():
        stem, suffix = name.replace(".gif", ".png").split(".")
        with Image.open(out / f"{stem}_x2.{suffix}") as image:
            assert (image.mode, image.size) == (mode, (22, 16)), name


def test_orientation_is_applied_and_metadata_are_kept(model, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Camera"
    photo = Image.new("RGB", (11, 8))
    photo.save(tmp_path / "a.jpg", exif=exif, dpi=(200, 200))
    assert upscale_files(model, tmp_path / "a.jpg") == 0
    with Image.open(tmp_path / "a_x2.jpg") as image:
        assert image.size == (16, 22)
        assert dict(image.getexif())[0x0110] == "Camera"
        assert 0x0112 not in image.getexif()
        assert image.info["dpi"] == (200, 200)


def test_a_strip_of_30_000_pixels(model, tmp_path):
    Image.new("RGB", (30_000, 3), (9, 99, 199)).save(tmp_path / "strip.png")
    assert upscale_files(model, tmp_path / "strip.png") == 0
    with Image.open(tmp_path / "strip_x2.png") as image:
        assert image.size == (60_000, 6)
        assert image.getextrema() == ((9, 9), (99, 99), (199, 199))


def test_patterns_and_folders_find_each_file_once(photos):
    (photos / "notes.txt").touch()
    found = find_sources([str(photos / "*"), str(photos / "a.png")])
    assert [(s.path.name, str(s.subfolder)) for s in found] == [
        ("a.png", "."), ("b.jpg", "."), ("a.png", "."),
    ]  # fmt: skip
    deep = find_sources([str(photos / "**" / "*.png")])
    assert len(deep) == 2
    assert find_sources([str(photos / "gone.png")]) == [
        Source(photos / "gone.png")
    ]


def test_a_name_with_brackets_is_a_file_first(tmp_path):
    path = save(tmp_path / "a[1].png")
    assert find_sources([str(path)]) == [Source(path)]


@pytest.mark.parametrize(
    "settings",
    [
        {"format": "png"},
        {"format": "tiff"},
        {"out": "out"},
        {"out": "photos"},
        {"out": "photos/sub"},
    ],
)
def test_outputs_of_earlier_runs_are_skipped(
    settings, model, photos, capsys, monkeypatch
):
    """Not those of the same settings, and not those of others."""
    monkeypatch.chdir(photos.parent)
    for name in ("a.png", "b.jpg", "sub/a.png"):
        stem, suffix = name.split(".")
        save(photos / f"{stem}_x2.{suffix}")
        save(photos / f"{stem}_x4.{suffix}")
    (photos / "sub" / "a.png").rename(photos / "sub" / "c.png")
    for scale in (2, 4):
        (photos / "sub" / f"a_x{scale}.png").rename(
            photos / "sub" / f"c_x{scale}.png"
        )
    assert upscale_files(model, "photos", **settings) == 0
    capsys.readouterr()
    assert upscale_files(model, "photos", **settings) == 0
    message = capsys.readouterr()
    assert "->" not in message.out
    assert message.out.count("exists and is kept") == 3
    assert "photos/a_x2.png" in message.err
    assert "the output of an earlier run" in message.err
    # Alone it is upscaled.
    assert upscale_files(model, photos / "a_x2.png") == 0
    assert (photos / "a_x2_x2.png").is_file()


def test_outputs_inside_the_source_folder_are_skipped(model, photos):
    assert upscale_files(model, photos, out=str(photos / "large")) == 0
    made = sorted((photos / "large").rglob("*"))
    assert upscale_files(model, photos, out=str(photos / "large")) == 0
    assert sorted((photos / "large").rglob("*")) == made


def test_names_like_outputs_without_a_source_are_upscaled(photos):
    (photos / "a.png").rename(photos / "shot_x4.png")
    outputs = plan_outputs(find_sources([str(photos)]), None, None)
    assert photos / "shot_x4.png" in outputs


def test_link_loops_are_kept(tmp_path):
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "loop.xyz").symlink_to("loop.xyz")
    for word in ("loop.png", "loop.xyz", "*.png", ""):
        (source,) = find_sources([str(tmp_path / word)])
        outputs = plan_outputs([source], None, None)
        assert list(outputs) == [source.path]


def test_only_inputs_with_one_output_are_refused(model, photos, capsys):
    save(photos / "b.png")
    assert upscale_files(model, photos, format="png") == 1
    message = capsys.readouterr()
    assert "b.jpg and " in message.err
    assert "b.png: they would have the same output" in message.err
    assert message.out.count("->") == 2
    # Equal names of different folders, put into one.
    sources = [Source(photos / "a.png"), Source(photos / "sub" / "a.png")]
    outputs = plan_outputs(sources, photos / "out", None)
    assert find_conflicts(outputs) == [[source.path for source in sources]]


def test_inputs_with_one_output_are_refused_before_the_model_is_loaded(
    photos, capsys
):
    save(photos / "b.png")
    words = photos / "b.png", photos / "b.jpg"
    assert upscale_files("no such model", *words, format="png") == 1
    assert "same output .png" in capsys.readouterr().err


def test_what_is_left_out_is_counted_once(model, photos, capsys):
    for name in ("a.txt", "b.txt", "sub/c.psd", "readme", ".hidden"):
        (photos / name).touch()
    (photos / "link.png").symlink_to("a.png")
    assert upscale_files(model, photos, str(photos / "*.psd")) == 1
    (line,) = [
        line
        for line in capsys.readouterr().err.splitlines()
        if "left out" in line
    ]
    assert line == (
        "warning: left out: 2 .txt, 1 hidden, 1 without a suffix, 1 .psd, "
        "1 link to another of them"
    )


def test_names_are_printed_escaped(model, tmp_path, capsys):
    photo = save(tmp_path / "a\x1b[31m\n.png")
    assert upscale_files(model, photo, tmp_path / "b\x07.png") == 1
    message = capsys.readouterr()
    assert r"a\x1b[31m\n.png -> " in message.out
    assert r"b\x07.png: No such file" in message.err
    assert "\x1b" not in message.out + message.err
    assert "\x07" not in message.out + message.err


def test_nothing_to_do_is_an_error(model, tmp_path):
    with pytest.raises(UserError, match="no image in"):
        upscale_files(model, tmp_path)


def test_exit_status_of_usage_errors_and_bad_files(model, photos, capsys):
    def status(*words):
        try:
            return run_command("test", COMMANDS, ["upscale", *map(str, words)])
        except SystemExit as stop:
            return stop.code

    given = ("--model", model)
    assert status(photos, *given) == 0
    assert status(photos, photos / "gone.png", *given) == 1
    for words in (
        (photos / "sub" / "empty", *given),
        (photos, "--model", "compact-x5"),
        (photos, "--scale", 3),
        (photos, *given, "--scale", 4),
        (photos, *given, "--tile_size", 0),
        (photos, *given, "--memory", "much"),
        (photos, *given, "--memory", "0MiB"),
        (photos, *given, "--seed", 2**32),
        (photos, *given, "--bad"),
        (),
    ):
        (photos / "sub" / "empty").mkdir(exist_ok=True)
        capsys.readouterr()
        assert status(*words) == 2, words
        message = capsys.readouterr().err.splitlines()
        assert message[-1].startswith("test upscale: error: ")


def test_too_little_memory_skips_only_large_images(model, tmp_path, capsys):
    save(tmp_path / "large.png", 200, 200)
    save(tmp_path / "small.png", 3, 3)
    settings = {"memory": "20KiB", "format": "bmp"}
    assert upscale_files(model, tmp_path, **settings) == 1
    assert (tmp_path / "small_x2.bmp").is_file()
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if line.startswith("skipped")]
    assert "large.png: a memory of 20 KiB is too small for a tile" in line


def test_a_self_ensemble_of_a_gan_or_of_noise_is_refused(tmp_path, model):
    photo = save(tmp_path / "a.png")
    plain = upscale_files(model, photo, self_ensemble=True)
    assert plain == 0 and (tmp_path / "a_x2.png").is_file()
    gan, noise = str(tmp_path / "gan.h5"), str(tmp_path / "noise.h5")
    generator = Generator(2, blocks=1, filters=2)
    facts = {"package": "srgan", "scores": {"discrim_loss": 0.7}}
    save_h5(generator, Path(gan), facts)
    save_h5(Generator(2, 1, 2, noise_channels=1), Path(noise), {})
    mixed = str(tmp_path / "mixed.h5")
    origins = [{"model": "compact-x2.h5"}, {"model": "compact-x4-gan"}]
    save_h5(generator, Path(mixed), {"interpolated_from": origins})
    for name, reason in (
        (gan, "against a discriminator"),
        (mixed, "against a discriminator"),
        ("compact-x4-gan", "against a discriminator"),
        (noise, "a noise input"),
    ):
        with pytest.raises(UserError, match=reason):
            upscale_files(name, photo, self_ensemble=True, overwrite=True)
        with pytest.raises(ValueError, match=reason):
            upscale(np.zeros((4, 4, 3), np.uint8), name, self_ensemble=True)
        with pytest.raises(ValueError, match=reason):
            ImageUpscaler.from_preset(name, self_ensemble=True).upscale(photo)


def test_scale_chooses_and_checks_the_model(model, photos, monkeypatch):
    with pytest.raises(UserError, match=r"is 4 but the scale of .* is 2"):
        upscale_files(model, photos, scale=4)
    with pytest.raises(UserError, match="no pretrained weights of scale 3"):
        UpscaleOptions(photos=("a.png",), scale=3)
    monkeypatch.setattr(load, "_WEIGHTS", photos)
    generator = Generator(2, blocks=1, filters=2)
    save_h5(generator, photos / "photo-x2.h5", {})
    assert run(UpscaleOptions(photos=(str(photos / "a.png"),), scale=2)) == 0
    assert (photos / "a_x2.png").is_file()


def test_option_defaults_equal_those_of_the_library():
    from srgan.image_io.read import MAX_PIXELS
    from srgan.inference.tiled_upscaler import MEMORY

    fields = {f.name: f.default for f in dataclasses.fields(UpscaleOptions)}
    assert parse_size(fields["memory"]) == MEMORY
    assert fields["max_pixels"] == MAX_PIXELS


def test_ctrl_c_leaves_no_partial_file(model, photos, monkeypatch):
    def stop(progress, total):
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "step", stop)
    before = names(photos)
    with pytest.raises(KeyboardInterrupt):
        upscale_files(model, photos)
    assert names(photos) == before
