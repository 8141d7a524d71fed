"""Upscales from standard input and to standard output."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from gancore.io.paths import check_folder
from srgan.commands.upscale import STREAM, UpscaleOptions
from srgan.commands.upscale_file import (
    error_text,
    load_upscaler,
    upscale_file,
)
from srgan.commands.upscale_plan import Source, plan_outputs
from srgan.image_io.errors import UnreadableImage

_INPUT = "stdin"
_MAX_BYTES = 2**32
_BLOCK = 2**20


def upscale_stream(options: UpscaleOptions) -> int:
    """Upscales one image that is read from or written to a stream.

    Messages go to standard error. Nothing is written to standard output
    before the image is complete.

    Returns:
        0, or 1 if the image could not be upscaled.

    Raises:
        UserError: If more than one image is named, or no place for the
            output.
    """
    if len(options.photos) != 1:
        raise UserError("with -, name one image only")
    if options.out is None:
        raise UserError(
            "an image on standard input needs --out: a folder, or - for "
            "standard output"
        )
    to_stdout = options.out == STREAM
    if to_stdout and sys.stdout.isatty():
        raise UserError("standard output is a terminal; redirect it to a file")
    if not to_stdout:
        check_folder(Path(options.out))
    with tempfile.TemporaryDirectory() as folder:
        (photo,) = options.photos
        if photo == STREAM:
            path = Path(folder) / _INPUT
            _copy(sys.stdin.buffer, path)
        else:
            path = Path(photo)
        out = Path(folder) / "out" if to_stdout else Path(options.out)
        outputs = plan_outputs([Source(path)], out, options.suffix)
        upscaler = load_upscaler(options)
        target = outputs[path].path(upscaler.scale)
        if target.is_file() and not options.overwrite:
            raise UserError(f"{target} exists; --overwrite replaces it")
        try:
            written = upscale_file(path, target, upscaler, options)
        except (UnreadableImage, UserError, OSError) as error:
            name = "standard input" if photo == STREAM else photo
            print(f"skipped {name}: {error_text(error)}", file=sys.stderr)
            return 1
        print(f"{path.name} -> {target.name} ({written})", file=sys.stderr)
        if to_stdout:
            with target.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    return 0


def _copy(stream: BinaryIO, path: Path) -> None:
    """Copies a stream into a file.

    Raises:
        UserError: If it is longer than 4 GiB.
    """
    total = 0
    with atomic_write(path) as partial, partial.open("wb") as file:
        while block := stream.read(_BLOCK):
            total += len(block)
            if total > _MAX_BYTES:
                raise UserError("standard input holds more than 4 GiB")
            file.write(block)
