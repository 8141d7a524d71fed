"""The command `upscale`: upscales image files."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError
from gancore.logs import escaped
from gancore.sizes import parse_size

if TYPE_CHECKING:
    from srgan.commands.upscale_plan import Output

_MODEL, _KIND, _FILES, _WORK = "model", "kind of image", "files", "work"
_SUFFIXES = {
    "png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif",
    "bmp": ".bmp",
}  # fmt: skip
# Standard input among the inputs, standard output for --out.
STREAM = "-"
# Models used without --model, by scale.
DEFAULT_MODELS = {2: "photo-x2", 4: "photo-x4"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class UpscaleOptions:
    """Options of `python -m srgan upscale`."""

    photos: tuple[str, ...] = positional(
        "Files, folders or patterns: PNG, JPEG, WebP, TIFF, BMP, AVIF, GIF, "
        "also animated; HEIC and JPEG XL with the extra `formats`; or - for "
        "an image on standard input.",
        takes="FILE",
    )
    model: str | None = option(
        None,
        "Name of pretrained weights, or an .h5 file. Without it, photo-x4, or "
        "photo-x2 for --scale 2, which remove JPEG artifacts and noise. For "
        "clean images: compact-x4, compact-x2, or the sharper compact-x4-gan.",
        group=_MODEL,
        takes="FILE",
    )
    scale: int | None = option(
        None,
        "Upscaling factor; without it, that of --model, or 4.",
        group=_MODEL,
        low=2,
    )
    denoise: float | None = option(
        None,
        "How strongly photo-x4 and photo-x2 remove noise and JPEG artifacts; "
        "without it, 1, fully.",
        group=_MODEL,
        low=0.0,
        high=1.0,
    )
    seed: int = option(
        0,
        "Random seed of a model with a noise input.",
        group=_MODEL,
        low=0,
        high=2**32 - 1,
    )
    self_ensemble: bool = option(
        False,
        "Average the outputs for the eight flips and turns of each image, in "
        "eight times the time. Not for GAN models.",
        group=_MODEL,
    )
    wrap: bool = option(
        False,
        "Upscale textures that tile, so that the results tile.",
        group=_KIND,
    )
    palette: str | None = option(
        None,
        "keep: return only the colors of each image, at most 256, as for "
        "sprites.",
        group=_KIND,
        choices=("keep",),
    )
    out: str | None = option(
        None,
        "Output folder; without it, each output is written beside its input. "
        "Or - for standard output.",
        group=_FILES,
        takes="FOLDER",
    )
    format: str | None = option(
        None,
        "Output format; without it, that of each input. For AVIF and HEIC it "
        "is JPEG, or PNG for alpha and more than 8 bits; for GIF of one frame "
        "and JPEG XL, PNG.",
        group=_FILES,
        choices=tuple(_SUFFIXES),
    )
    quality: int = option(
        95,
        "Quality of JPEG and lossy WebP; lower makes smaller files.",
        group=_FILES,
        low=1,
        high=100,
    )
    overwrite: bool = option(
        False, "Replace existing output files.", group=_FILES
    )
    max_pixels: int = option(
        178_956_970,
        "Maximum size of an input; larger ones are refused as decompression "
        "bombs.",
        group=_FILES,
        unit="pixels",
        low=1,
    )
    memory: str = option(
        "1GiB",
        "Most memory for the tensors of the network, beside the image and the "
        "program. Less does not change the result.",
        group=_WORK,
        takes="SIZE",
    )
    tile_size: int | None = option(
        None,
        "Side of square tiles of the input, in place of a choice by --memory.",
        group=_WORK,
        unit="pixels",
        low=1,
        was="tile",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if not self.photos:
            raise UserError("no image is named")
        try:
            memory = parse_size(self.memory)
        except ValueError as error:
            raise UserError(f"--memory: {error}") from error
        if not memory:
            raise UserError("--memory is 0 bytes; give it more")
        if self.model is None and self.scale not in (None, *DEFAULT_MODELS):
            raise UserError(
                f"there are no pretrained weights of scale {self.scale}; name "
                "a model with --model"
            )

    @property
    def suffix(self) -> str | None:
        """Suffix of the outputs; `None` for the format of each input."""
        return _SUFFIXES[self.format] if self.format else None


def run(options: UpscaleOptions) -> int:
    """Upscales the images and reports the result of each.

    Returns:
        0, or 1 if an image could not be upscaled.

    Raises:
        UserError: If there is nothing to upscale, or the model cannot be
            used.
    """
    from gancore.io.paths import check_folder
    from srgan.commands.upscale_file import load_upscaler, try_upscale_file
    from srgan.commands.upscale_plan import find_sources, plan_outputs
    from srgan.image_io.formats import FORMATS

    if STREAM in (*options.photos, options.out):
        from srgan.commands.upscale_stream import upscale_stream

        return upscale_stream(options)
    out = Path(options.out) if options.out else None
    if out:
        if out.suffix.lower() in FORMATS and not out.is_dir():
            raise UserError(f"--out takes a folder, not an image: {out}")
        check_folder(out)
    sources = find_sources(options.photos)
    if not sources:
        raise UserError(f"no image in {', '.join(options.photos)}")
    outputs = plan_outputs(sources, out, options.suffix)
    failed = _drop_conflicts(outputs)
    if not outputs:
        return int(failed > 0)
    upscaler = load_upscaler(options)
    for path, output in outputs.items():
        target = output.path(upscaler.scale)
        if os.path.isfile(target) and not options.overwrite:
            shown = escaped(target)
            print(f"{shown} exists and is kept (--overwrite replaces it)")
            continue
        failed += not try_upscale_file(path, target, upscaler, options)
    return int(failed > 0)


def _drop_conflicts(outputs: dict[Path, Output]) -> int:
    """Drops and reports images of the same output; returns their number."""
    from srgan.commands.upscale_plan import find_conflicts

    dropped = 0
    for paths in find_conflicts(outputs):
        folder, suffix = outputs[paths[0]].folder, outputs[paths[0]].suffix
        names = " and ".join(escaped(path) for path in paths)
        print(
            f"skipped {names}: they would have the same output {suffix} in "
            f"{escaped(folder)}; rename one or upscale them into different "
            "folders with --out",
            file=sys.stderr,
            flush=True,
        )
        for path in paths:
            del outputs[path]
        dropped += len(paths)
    return dropped
