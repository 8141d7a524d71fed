"""Upscales photos by bicubic interpolation and by a model, for the demo."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from gancore.errors import UserError
from srgan.image_io.encoders.header import Header
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.read import DecodedImage, read_image
from srgan.image_io.write import write_image
from srgan.inference.denoise import CLEAN_PARTNERS
from srgan.inference.load import PRETRAINED, load
from srgan.inference.suitability import describe
from srgan.inference.tiled_upscaler import TiledUpscaler

# Most pixels that are shown, by the memory of browsers on phones.
_MAX_SHOWN_PIXELS = 2**24
# Longest side of a thumbnail, in pixels.
_THUMBNAIL_SIDE = 320
# zlib level of the images that are shown: speed matters more than size.
_FAST = 1

# Takes the fraction that is done, in 0..1, and what is being done.
Progress = Callable[[float, str], object]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """An upscaled photo, next to the result of bicubic interpolation.

    Attributes:
        shown: PNG files of the same size: bicubic and SR image, 8-bit RGB.
        path: PNG file of the whole SR image, with all channels and bits.
        summary: Sizes and model, in Markdown.
    """

    shown: tuple[str, str]
    path: str
    summary: str


@dataclasses.dataclass(frozen=True)
class _Crop:
    """A rectangle of the LR image, in pixels."""

    top: int
    left: int
    height: int
    width: int

    def apply(self, pixels: np.ndarray, row: int, scale: int) -> np.ndarray:
        """Crops a band of an upscaled image whose first row is `row`."""
        top, bottom = self.top * scale, (self.top + self.height) * scale
        left, right = self.left * scale, (self.left + self.width) * scale
        return pixels[max(top - row, 0) : max(bottom - row, 0), left:right]


class DemoSession:
    """Upscales photos by one of several models, each kept once loaded.

    Not thread-safe: the limit of pixels is set in Pillow, for the process.

    Args:
        folder: Folder of the files that are written.
        max_pixels: Maximum number of pixels of a photo.
        model: Path of an `.h5` to offer besides the pretrained weights.

    Attributes:
        choices: Labels and names of the models.

    Raises:
        UserError: If the model cannot be loaded.
    """

    def __init__(
        self, folder: Path, max_pixels: int, model: str | None = None
    ) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        # The last strength of denoising of each model, and its upscaler.
        self._upscalers: dict[str, tuple[float | None, TiledUpscaler]] = {}
        self.choices = [(_label(name), name) for name in PRETRAINED]
        if model and model not in PRETRAINED:
            scale = self._upscaler(model).scale
            self.choices.insert(0, (f"{Path(model).name}: x{scale}", model))

    def has_denoise(self, name: str) -> bool:
        """Returns whether a model of `choices` takes a strength of denoising.

        Args:
            name: One of the names of `choices`.
        """
        return name in CLEAN_PARTNERS

    def thumbnail(self, path: str) -> str:
        """Writes a small PNG of a photo, 8-bit RGB, and returns its path.

        Args:
            path: File of the photo.

        Raises:
            UserError: If it is not an image, damaged, or too large.
        """
        image = self._read(Path(path))
        small = _to_rgb(image.pixels)
        small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
        target = Path(tempfile.mkdtemp(dir=self._folder)) / "thumbnail.png"
        small.save(target, icc_profile=image.metadata.icc)
        return str(target)

    def compare(
        self,
        path: str,
        name: str,
        progress: Progress,
        denoise: float | None = None,
    ) -> Comparison:
        """Upscales a photo.

        Args:
            path: File of the photo.
            name: One of the names of `choices`.
            progress: Called with the progress of the work.
            denoise: Strength of denoising in 0..1, for a model that has it.

        Raises:
            UserError: If it is not an image, damaged, or too large.
            RuntimeFailure: If the disk is full or the memory too small.
        """
        progress(0, "Reading")
        image = self._read(Path(path))
        if not self.has_denoise(name):
            denoise = None
        upscaler = self._upscaler(name, denoise)
        height, width, channels = image.pixels.shape
        scale = upscaler.scale
        header = Header(
            height=height * scale,
            width=width * scale,
            channels=channels,
            bits=8 * image.pixels.itemsize,
            metadata=image.metadata.scaled(scale, Path(path)),
        )
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        target = folder / f"{Path(path).stem}_x{scale}.png"
        crop = _center_crop(height, width, scale)
        cropped: list[np.ndarray] = []
        done = 0

        def report_tile(total: int) -> None:
            nonlocal done
            done += 1
            progress(done / total, "Upscaling")

        bands = upscaler.bands(image.pixels, report_tile)
        write_image(target, header, _keep_crop(bands, crop, scale, cropped))
        lr = _to_rgb(crop.apply(image.pixels, 0, 1))
        size = (crop.width * scale, crop.height * scale)
        images = {
            "bicubic": lr.resize(size, Image.Resampling.BICUBIC),
            "sr": _to_rgb(np.concatenate(cropped)),
        }
        shown = []
        for method, upscaled in images.items():
            shown.append(str(folder / f"{method}.png"))
            icc = image.metadata.icc
            upscaled.save(shown[-1], icc_profile=icc, compress_level=_FAST)
        summary = (
            f"{width} x {height} pixels upscaled to {header.width} x "
            f"{header.height} by {Path(name).name}"
        )
        summary += "." if denoise is None else f" with denoise {denoise:g}."
        if size != (header.width, header.height):
            summary += " Only the center is shown, as the image is large."
        return Comparison((shown[0], shown[1]), str(target), summary)

    def _read(self, path: Path) -> DecodedImage:
        try:
            return read_image(path, self._max_pixels)
        except UnreadableImage as error:
            raise UserError(
                f"the file {path.name} cannot be upscaled: {error}"
            ) from error

    def _upscaler(
        self, name: str, denoise: float | None = None
    ) -> TiledUpscaler:
        last = self._upscalers.get(name)
        if last is None or last[0] != denoise:
            upscaler = TiledUpscaler(
                load(name, denoise=denoise), keep_mean=name in PRETRAINED
            )
            last = denoise, upscaler
            self._upscalers[name] = last
        return last[1]


def _label(name: str) -> str:
    return f"{name}: x{PRETRAINED[name]}, {describe(name)}"


def _center_crop(height: int, width: int, scale: int) -> _Crop:
    """Returns the largest centered crop that can be shown upscaled."""
    factor = math.sqrt(_MAX_SHOWN_PIXELS / (height * width)) / scale
    rows, columns = (
        side if factor >= 1 else max(int(factor * side), 1)
        for side in (height, width)
    )
    return _Crop((height - rows) // 2, (width - columns) // 2, rows, columns)


def _keep_crop(
    bands: Iterable[np.ndarray],
    crop: _Crop,
    scale: int,
    cropped: list[np.ndarray],
) -> Iterator[np.ndarray]:
    """Yields the bands of an upscaled image; appends their crops to a list."""
    row = 0
    for band in bands:
        cropped.append(crop.apply(band, row, scale).copy())
        row += len(band)
        yield band


def _to_rgb(pixels: np.ndarray) -> Image.Image:
    """Converts pixels to 8-bit RGB, on a white background."""
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pixels.shape[-1]]
    image = Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    if mode in ("LA", "RGBA"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")
