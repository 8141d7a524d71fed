"""Upscales animations frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gancore.io.paths import create_folder
from gancore.io.progress import Progress
from gancore.logs import escaped
from srgan.image_io.animation import Animation
from srgan.image_io.encoders.animation import AnimationHeader
from srgan.image_io.write_animation import (
    check_animation,
    describe_animation,
    write_animation,
)
from srgan.inference.palette import Palette
from srgan.inference.upscale import image_bands

if TYPE_CHECKING:
    from srgan.commands.upscale import UpscaleOptions
    from srgan.inference.tiled_upscaler import TiledUpscaler


def upscale_animation(
    animation: Animation,
    target: Path,
    upscaler: TiledUpscaler,
    options: UpscaleOptions,
) -> str:
    """Upscales an animation and returns a description of the output.

    Each frame is upscaled by itself; durations and loops are kept.

    Raises:
        UserError: If the format of the output cannot hold it.
        UnreadableImage: If a frame is damaged.
    """
    scale = upscaler.scale
    header = AnimationHeader(
        height=animation.height * scale,
        width=animation.width * scale,
        count=animation.count,
        loop=animation.loop,
        may_be_transparent=animation.may_be_transparent,
        metadata=animation.metadata.scaled(scale, animation.path),
        quality=options.quality,
    )
    suffix = target.suffix.lower()
    check_animation(suffix, header.height, header.width)
    create_folder(target.parent)
    with Progress(escaped(animation.path)) as progress:

        def frames() -> Iterator[tuple[np.ndarray, float]]:
            for i, (pixels, duration) in enumerate(animation.frames()):
                palette = Palette(pixels) if options.palette else None
                bands = image_bands(
                    upscaler, pixels, wrap=options.wrap, palette=palette
                )
                yield np.concatenate(list(bands)), duration
                progress.update(i + 1, animation.count)

        write_animation(target, header, frames())
    return describe_animation(suffix, header)
