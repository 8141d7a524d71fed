"""The command that upscales image files."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError
from gancore.training import tf_setup

if TYPE_CHECKING:
    from srgan.inference.tiled_upscaler import TiledUpscaler

_MODEL, _FILES, _WORK = "model", "files", "work"
_SUFFIXES = {
    "png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif",
    "bmp": ".bmp",
}  # fmt: skip
# What is taken without --model, by scale.
_MODELS = {2: "compact-x2", 4: "compact-x4"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class UpscaleOptions:
    """Settings of one run."""

    photos: tuple[str, ...] = positional(
        "Files, folders or patterns: PNG, JPEG, WebP, TIFF, BMP; of a GIF that "
        "is named, the first image.",
        takes="FILE",
    )
    model: str | None = option(
        None,
        "Name of shipped weights or path of an .h5 file; by default the "
        "compact model of the scale.",
        group=_MODEL,
        takes="FILE",
    )
    scale: int | None = option(
        None,
        "How much larger the output is; by default the model's scale, or 4.",
        group=_MODEL,
        low=2,
    )
    seed: int = option(
        0,
        "Seeds the noise of a model that takes some.",
        group=_MODEL,
        low=0,
        high=2**32 - 1,
    )
    out: str | None = option(
        None,
        "Folder for the output; beside each input if none.",
        group=_FILES,
        takes="FOLDER",
    )
    format: str | None = option(
        None,
        "Format of the output; that of each input if none.",
        group=_FILES,
        choices=tuple(_SUFFIXES),
    )
    overwrite: bool = option(
        False, "Replace output files that exist.", group=_FILES
    )
    max_pixels: int = option(
        178_956_970,
        "Larger inputs are taken for an attack and refused.",
        group=_FILES,
        unit="pixels",
        low=1,
    )
    tile_size: int = option(
        192,
        "Side of the parts that are upscaled one by one; smaller ones take "
        "less memory and more time.",
        group=_WORK,
        unit="pixels",
        low=1,
        was="tile",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if not self.photos:
            raise UserError("no image is named")
        if self.model is None and self.scale not in (None, *_MODELS):
            raise UserError(
                f"no model of scale {self.scale} comes with the package; name "
                "one with --model"
            )


def run(options: UpscaleOptions) -> int:
    """Upscales the images and tells of each what became of it.

    Returns:
        0, or 1 if a image could not be upscaled.

    Raises:
        UserError: If there is nothing to upscale, the model cannot be used,
            or two images would become the same file.
    """
    from gancore.io.paths import check_folder
    from srgan.commands.upscale_plan import find_sources, plan_targets
    from srgan.image_io.files import FORMATS

    out = Path(options.out) if options.out else None
    if out:
        if out.suffix.lower() in FORMATS and not out.is_dir():
            raise UserError(f"--out takes a folder, not a image: {out}")
        check_folder(out)
    sources = find_sources(options.photos)
    if not sources:
        raise UserError(f"no image in {', '.join(options.photos)}")
    upscaler = _upscaler(options)
    suffix = _SUFFIXES[options.format] if options.format else None
    targets = plan_targets(sources, out, upscaler.scale, suffix)
    failed = 0
    for path, target in targets.items():
        if os.path.isfile(target) and not options.overwrite:
            print(f"{target} exists and is kept (--overwrite replaces it)")
            continue
        failed += not _succeeds(path, target, upscaler, options.max_pixels)
    return int(failed > 0)


def _upscaler(options: UpscaleOptions) -> TiledUpscaler:
    tf_setup.set_up_inference(options.seed)
    from srgan.inference.load import load
    from srgan.inference.tiled_upscaler import TiledUpscaler

    name = options.model or _MODELS[options.scale or 4]
    upscaler = TiledUpscaler(
        load(name), tile=options.tile_size, seed=options.seed
    )
    if options.scale not in (None, upscaler.scale):
        raise UserError(
            f"--scale is {options.scale} but {name} upscales "
            f"{upscaler.scale} times"
        )
    return upscaler


def _succeeds(
    path: Path, target: Path, upscaler: TiledUpscaler, max_pixels: int
) -> bool:
    """Upscales one file; what goes wrong is told and hinders no other."""
    from srgan.image_io.opening import UnreadableImage

    start = time.monotonic()
    try:
        height, width = _upscale_file(path, target, upscaler, max_pixels)
    except (UnreadableImage, UserError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"skipped {path}: {reason}", file=sys.stderr, flush=True)
        return False
    seconds = time.monotonic() - start
    print(
        f"{path} -> {target} ({width} x {height}, {seconds:.1f} s)", flush=True
    )
    return True


def _upscale_file(
    path: Path, target: Path, upscaler: TiledUpscaler, max_pixels: int
) -> tuple[int, int]:
    """Upscales a file and gives the height and width it got."""
    from gancore.io.paths import make_folder
    from gancore.io.progress import Progress
    from srgan.image_io.encoders import check_header, write_image
    from srgan.image_io.encoders.header import Header
    from srgan.image_io.read import read_image

    # A name that is too long fails here, before there is much work done.
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(target.stat().st_mode):
            raise UserError(f"its output {target} is an existing folder")
    image = read_image(path, max_pixels)
    height, width, channels = image.pixels.shape
    header = Header(
        height=height * upscaler.scale,
        width=width * upscaler.scale,
        channels=channels,
        bits=8 * image.pixels.itemsize,
        metadata=image.metadata,
    )
    check_header(target.suffix.lower(), header)
    make_folder(target.parent)
    progress = Progress(str(path))
    try:
        bands = upscaler.bands(image.pixels, progress.step)
        write_image(target, header, bands)
    finally:
        progress.clear()
    return header.height, header.width
