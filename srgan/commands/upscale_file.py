"""Upscales one file of the command `upscale`.

TensorFlow is imported by the functions, after its set-up.
"""

from __future__ import annotations

import contextlib
import logging
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.errors import UserError
from gancore.logs import escaped
from gancore.sizes import parse_size
from gancore.training import tf_setup
from srgan.commands.upscale import DEFAULT_MODELS, UpscaleOptions

if TYPE_CHECKING:
    from srgan.inference.tiled_upscaler import TiledUpscaler

logger = logging.getLogger(__name__)


def load_upscaler(options: UpscaleOptions) -> TiledUpscaler:
    """Loads the model that the options name.

    Raises:
        UserError: If it cannot be used.
    """
    tf_setup.set_up_inference(options.seed)
    from srgan.inference.load import PRETRAINED, load
    from srgan.inference.self_ensemble import check_self_ensemble
    from srgan.inference.suitability import hint
    from srgan.inference.tiled_upscaler import TiledUpscaler

    name = options.model or DEFAULT_MODELS[options.scale or 4]
    if options.self_ensemble:
        check_self_ensemble(name)
    upscaler = TiledUpscaler(
        load(name, denoise=options.denoise),
        memory=parse_size(options.memory),
        tile_size=options.tile_size,
        seed=options.seed,
        self_ensemble=options.self_ensemble,
        keep_mean=name in PRETRAINED,
    )
    if options.scale not in (None, upscaler.scale):
        raise UserError(
            f"--scale is {options.scale} but the scale of {name} is "
            f"{upscaler.scale}"
        )
    if name in PRETRAINED:
        logger.info(hint(name))
    return upscaler


def error_text(error: Exception) -> str:
    """Returns the reason why an image was not upscaled."""
    return escaped(getattr(error, "strerror", None) or error)


def try_upscale_file(
    path: Path, target: Path, upscaler: TiledUpscaler, options: UpscaleOptions
) -> bool:
    """Upscales one file; reports an error instead of raising it."""
    from srgan.image_io.errors import UnreadableImage

    start = time.monotonic()
    try:
        written = upscale_file(path, target, upscaler, options)
    except (UnreadableImage, UserError, OSError) as error:
        print(
            f"skipped {escaped(path)}: {error_text(error)}",
            file=sys.stderr,
            flush=True,
        )
        return False
    seconds = time.monotonic() - start
    print(
        f"{escaped(path)} -> {escaped(target)} ({written}, {seconds:.1f} s)",
        flush=True,
    )
    return True


def upscale_file(
    path: Path, target: Path, upscaler: TiledUpscaler, options: UpscaleOptions
) -> str:
    """Upscales a file and returns a description of the output.

    Raises:
        UserError: If the output cannot hold the image.
        UnreadableImage: If the image cannot be read.
    """
    from gancore.io.paths import create_folder
    from gancore.io.progress import Progress
    from srgan.commands.upscale_animation import upscale_animation
    from srgan.image_io.animation import open_animation
    from srgan.image_io.encoders.header import Header
    from srgan.image_io.read import read_image
    from srgan.image_io.write import (
        check_header,
        check_lossless,
        describe_format,
        write_image,
    )
    from srgan.inference.palette import Palette
    from srgan.inference.upscale import image_bands

    # A name that is too long fails here, before the image is computed.
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(target.stat().st_mode):
            raise UserError(f"its output {target} is an existing folder")
    animation = open_animation(path, options.max_pixels)
    if animation:
        return upscale_animation(animation, target, upscaler, options)
    image = read_image(path, options.max_pixels)
    height, width, channels = image.pixels.shape
    header = Header(
        height=height * upscaler.scale,
        width=width * upscaler.scale,
        channels=channels,
        bits=8 * image.pixels.itemsize,
        metadata=image.metadata.scaled(upscaler.scale, path),
        quality=options.quality,
    )
    check_header(target.suffix.lower(), header)
    palette = None
    if options.palette:
        check_lossless(target.suffix.lower(), header)
        palette = Palette(image.pixels)
    create_folder(target.parent)
    megapixels = header.height * header.width / 1e6
    with Progress(escaped(path), amount=megapixels, unit="MPix") as progress:
        bands = image_bands(
            upscaler,
            image.pixels,
            progress.step,
            wrap=options.wrap,
            palette=palette,
        )
        write_image(target, header, bands)
    form = describe_format(target.suffix.lower(), header)
    return f"{header.width} x {header.height}, {form}"
