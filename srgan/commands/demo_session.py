"""One photograph upscaled in two ways, for the eye: files of a web page."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from gancore.errors import UserError
from srgan.image_io.encoders import write_image
from srgan.image_io.encoders.header import Header
from srgan.image_io.opening import UnreadableImage
from srgan.image_io.read import DecodedImage, read_image
from srgan.inference.load import PRETRAINED, load
from srgan.inference.tiled_upscaler import TiledUpscaler

# Most pixels that are shown; a browser on a telephone has room for no more.
_SHOWN_PIXELS = 2**24
# Speed counts for more than size between a program and its own page.
_FAST = 1

# Takes a share done, in 0..1, and what is being done.
Report = Callable[[float, str], object]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What the page shows of an upscaling.

    Attributes:
        shown: PNG files of the same size: bicubic, and the network's.
        path: PNG file of the whole upscaling, every channel and bit.
        about: What became of the photograph, in Markdown.
    """

    shown: tuple[str, str]
    path: str
    about: str


@dataclasses.dataclass(frozen=True)
class _Part:
    """A part of a image, in pixels before upscaling."""

    top: int
    left: int
    height: int
    width: int

    def of(self, pixels: np.ndarray, row: int, scale: int) -> np.ndarray:
        """Cuts it out of a band of an upscaling that begins at a row."""
        top, bottom = self.top * scale, (self.top + self.height) * scale
        left, right = self.left * scale, (self.left + self.width) * scale
        return pixels[max(top - row, 0) : max(bottom - row, 0), left:right]


class DemoSession:
    """Upscales photographs by the models there are, each loaded once.

    It is made for one caller at a time: the limit of pixels is Pillow's, for
    the whole program.

    Args:
        folder: Where files are made.
        max_pixels: Most pixels of a photograph.
        model: Path of an `.h5` beside the shipped weights.

    Attributes:
        choices: Labels and names of the models.

    Raises:
        UserError: If the model is none.
    """

    def __init__(
        self, folder: Path, max_pixels: int, model: str | None = None
    ) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        self._upscalers: dict[str, TiledUpscaler] = {}
        self.choices = [(_label(name), name) for name in PRETRAINED]
        if model and model not in PRETRAINED:
            scale = self._upscaler(model).scale
            self.choices.insert(0, (f"{Path(model).name}: x{scale}", model))

    def compare(self, path: str, name: str, report: Report) -> Comparison:
        """Upscales a photograph.

        Args:
            path: Its file.
            name: One of the names of `choices`.
            report: Told how far the work is.

        Raises:
            UserError: If it is no whole image, or too large.
            FailedWork: If the disk is full or the memory too small.
        """
        report(0, "Reading")
        image = self._read(Path(path))
        upscaler = self._upscaler(name)
        height, width, channels = image.pixels.shape
        scale = upscaler.scale
        header = Header(
            height=height * scale,
            width=width * scale,
            channels=channels,
            bits=8 * image.pixels.itemsize,
            metadata=image.metadata,
        )
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        target = folder / f"{Path(path).stem}_x{scale}.png"
        part = _middle(height, width, scale)
        kept: list[np.ndarray] = []
        done = 0

        def count(total: int) -> None:
            nonlocal done
            done += 1
            report(done / total, "Upscaling")

        bands = upscaler.bands(image.pixels, count)
        write_image(target, header, _watched(bands, part, scale, kept))
        low = _visible(part.of(image.pixels, 0, 1))
        size = (part.width * scale, part.height * scale)
        images = {
            "bicubic": low.resize(size, Image.Resampling.BICUBIC),
            "network": _visible(np.concatenate(kept)),
        }
        shown = []
        for way, part_image in images.items():
            shown.append(str(folder / f"{way}.png"))
            icc = image.metadata.icc
            part_image.save(shown[-1], icc_profile=icc, compress_level=_FAST)
        about = (
            f"{width} x {height} pixels became {header.width} x "
            f"{header.height}, by {Path(name).name}."
        )
        if size != (header.width, header.height):
            about += " Too large for a browser, so its middle is shown."
        return Comparison((shown[0], shown[1]), str(target), about)

    def _read(self, path: Path) -> DecodedImage:
        try:
            return read_image(path, self._max_pixels)
        except UnreadableImage as error:
            raise UserError(
                f"the file {path.name} cannot be upscaled: {error}"
            ) from error

    def _upscaler(self, name: str) -> TiledUpscaler:
        if name not in self._upscalers:
            self._upscalers[name] = TiledUpscaler(load(name))
        return self._upscalers[name]


def _label(name: str) -> str:
    invents = name.endswith("-gan")
    manner = "sharper, invents detail" if invents else "faithful, softer"
    return f"{name}: x{PRETRAINED[name]}, {manner}"


def _middle(height: int, width: int, scale: int) -> _Part:
    """Gives the middle part whose upscaling is not too large to show."""
    share = math.sqrt(_SHOWN_PIXELS / (height * width)) / scale
    rows, columns = (
        side if share >= 1 else max(int(share * side), 1)
        for side in (height, width)
    )
    return _Part((height - rows) // 2, (width - columns) // 2, rows, columns)


def _watched(
    bands: Iterable[np.ndarray],
    part: _Part,
    scale: int,
    kept: list[np.ndarray],
) -> Iterator[np.ndarray]:
    """Passes bands on and keeps what they hold of a part."""
    row = 0
    for band in bands:
        kept.append(part.of(band, row, scale).copy())
        row += len(band)
        yield band


def _visible(pixels: np.ndarray) -> Image.Image:
    """Makes 8-bit RGB of pixels, what is transparent on white."""
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pixels.shape[-1]]
    image = Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    if mode in ("LA", "RGBA"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")
