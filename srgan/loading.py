"""Loads an enlarger: shipped weights by name, or any `.h5` by path."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from adversarial.checkpoint import PROVENANCE
from adversarial.messages import UserError

# Names of the weights that come with the package, and their scales.
SHIPPED = {"compact-x4": 4, "compact-x2": 2, "compact-x4-gan": 4}
_WEIGHTS = Path(__file__).parent / "weights"
_GIT_LFS = b"version https://git-lfs"
# A picture to try a network on: not square, so that exchanged sides show, and
# a multiple of what a network that halves its features likes.
_TRIAL = (1, 16, 32)


def load(name_or_path: str | Path) -> keras.Model:
    """Loads an enlarger.

    Args:
        name_or_path: One of the names in `SHIPPED`, or the path of an `.h5`
            file: one saved by this project, any plain Keras model that takes
            RGB in 0..255 and gives the same larger, or weights of an SRResNet
            in the layout that `srgan.legacy` reads.

    Raises:
        UserError: If there is no such file or it holds no enlarger.
    """
    path = find(name_or_path)
    provenance, has_model = _inspect(path)
    if provenance.get("package") == "textgan":
        raise UserError(f"{path} writes jokes (textgan); give it an enlarger")
    if has_model:
        model = _load_keras(path)
    else:
        from srgan.legacy import is_legacy, read_legacy

        if not is_legacy(path):
            raise UserError(
                f"{path} holds no Keras model; save the whole model, not only "
                "its weights"
            )
        model = read_legacy(path)
    _check_enlarger(model, path)
    return model


def find(name_or_path: str | Path) -> Path:
    """Finds the file behind what `load` takes.

    Raises:
        UserError: If there is none.
    """
    name = str(name_or_path)
    if name in SHIPPED:
        path = _WEIGHTS / f"{name}.h5"
        if not path.is_file():
            raise UserError(
                f"the weights {name} are not installed: {path} is missing"
            )
        return path
    path = Path(name_or_path)
    if path.is_dir():
        raise UserError(f"{path} is a folder, not an .h5 file")
    if not path.exists():
        close = difflib.get_close_matches(name, SHIPPED, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UserError(
            f"there is no model {name}; {hint}give the path of an .h5 file or "
            f"one of {', '.join(SHIPPED)}"
        )
    return path


def scale_of(model: keras.Model) -> int:
    """Finds by how much a model enlarges, by trying it on a tiny picture.

    Args:
        model: Takes `(batch, height, width, 3)` and, if it has a second
            input, noise of the same height and width.

    Raises:
        UserError: If it takes no picture of any size, or gives none, or the
            output is no enlargement by a whole number.
    """
    _check_enlarger(model, "the model")
    _, height, width = _TRIAL
    channels = noise_channels(model)
    low = np.full((*_TRIAL, 3), 127.5, np.float32)
    noise = np.zeros((*_TRIAL, channels), np.float32) if channels else None
    high = enlarge(model, low, noise)
    scale = high.shape[1] // height
    expected = (1, height * scale, width * scale, 3)
    if scale < 1 or tuple(high.shape) != expected:
        raise UserError(
            f"the model makes {tuple(high.shape[1:])} out of "
            f"{(height, width, 3)}, which is no enlargement by a whole number"
        )
    return scale


def noise_channels(model: keras.Model) -> int:
    """Gives the channels of a model's noise input; 0 if it has none."""
    return model.inputs[1].shape[-1] if len(model.inputs) == 2 else 0


def enlarge(model: keras.Model, low: Any, noise: Any = None) -> Any:
    """Calls a model with or without noise.

    Args:
        model: An enlarger.
        low: float32 tensor of shape `(batch, height, width, 3)`, 0..255.
        noise: float32 tensor of the same height and width, for a model that
            has a second input.

    Returns:
        float32 tensor of shape `(batch, height * scale, width * scale, 3)`.
    """
    given = low if noise is None else [low, noise]
    return model(given, training=False)


def _inspect(path: Path) -> tuple[dict[str, Any], bool]:
    """Reads an `.h5`'s provenance and whether it holds a whole model."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_GIT_LFS))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if start == _GIT_LFS:
        raise UserError(
            f"{path} is a git-LFS pointer, not the file itself; run "
            "`git lfs pull` where it comes from"
        )
    if not h5py.is_hdf5(path):
        what = "is not an HDF5 (.h5) file" if start else "is empty"
        raise UserError(f"{path} {what}")
    try:
        with h5py.File(path, "r") as file:
            provenance = json.loads(file.attrs.get(PROVENANCE, "{}"))
            return provenance, "model_config" in file.attrs
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is truncated or damaged: {error}") from error


def _load_keras(path: Path) -> keras.Model:
    try:
        return keras.models.load_model(path, compile=False)
    # A file from anywhere can fail in any way while Keras rebuilds it.
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"Keras cannot load {path}: {reason}") from error


def _check_enlarger(model: keras.Model, name: Path | str) -> None:
    """Checks what can be known before a picture comes."""
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 4:
        shapes = ", ".join(str(t.shape) for t in model.outputs)
        raise UserError(
            f"{name} gives no picture but {shapes}; is it a discriminator?"
        )
    if len(model.inputs) > 2 or any(len(t.shape) != 4 for t in model.inputs):
        raise UserError(f"{name} does not take a picture")
    height, width, channels = model.inputs[0].shape[1:]
    if channels != 3 or model.outputs[0].shape[-1] not in (3, None):
        raise UserError(
            f"{name} does not take and give RGB: its input has {channels} "
            f"channels, its output {model.outputs[0].shape[-1]}"
        )
    if height or width:
        raise UserError(
            f"{name} takes only pictures of {width} x {height} pixels; save it "
            "with an input of shape (None, None, 3)"
        )
