"""Loads an SR model: shipped weights by name, or any `.h5` by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from gancore.errors import UserError, printable
from gancore.saving.model_io import get_metadata
from gancore.saving.model_loading import find_model, holds_network, load_network
from gancore.saving.safe_h5 import CheckedFile, open_checked

# Names of the weights that come with the package, and their scales.
PRETRAINED = {"compact-x4": 4, "compact-x2": 2, "compact-x4-gan": 4}
_WEIGHTS = Path(__file__).parent.parent / "weights"
# A image to try a network on: not square, so that exchanged sides show, and
# a multiple of what a network that halves its features likes.
_TRIAL = (1, 16, 32)
# Most numbers in a tensor on the way: a gigabyte, where ours take kilobytes.
_MOST_NUMBERS = 2**28


def load(name_or_path: str | Path) -> keras.Model:
    """Loads an SR model.

    Args:
        name_or_path: One of the names in `SHIPPED`, or the path of an `.h5`
            file: one saved by this project, any plain Keras model that takes
            RGB in 0..255 and gives the same larger, or weights of an SRResNet
            in the layout that `srgan.inference.legacy` reads.

    Raises:
        UserError: If there is no such file or it holds no SR model.

    Examples:
        >>> load("compact-x4").input_shape
        (None, None, None, 3)
    """
    path = find_weights(name_or_path)
    with open_checked(path) as checked:
        if get_metadata(checked).get("package") == "textgan":
            raise UserError(
                f"{path} writes jokes (textgan); give it an SR model"
            )
        model = read_any(checked)
    _check_upscaler(model, path)
    return model


def read_any(checked: CheckedFile) -> keras.Model:
    """Reads whatever network of this package a file holds.

    Args:
        checked: A generator or discriminator, or weights of an SRResNet.

    Returns:
        Its model; a U-Net discriminator of version 0.1 as that class, so that
        it is saved in the form that every Keras loads.

    Raises:
        UserError: If it holds none.
    """
    if not holds_network(checked):
        from srgan.inference.legacy import is_legacy, read_legacy

        if not is_legacy(checked):
            raise UserError(
                f"{checked.path} holds no Keras model; save the whole model, "
                "not only its weights"
            )
        return read_legacy(checked)
    model = load_network(checked)
    layers = {layer.name: layer for layer in model.layers}
    if isinstance(layers.get("norm1"), keras.layers.SpectralNormalization):
        from srgan.models.unet_discriminator import FILTERS, UNetDiscriminator

        unet = UNetDiscriminator(layers["conv0"].filters / FILTERS)
        if [w.shape for w in unet.weights] == [w.shape for w in model.weights]:
            unet.set_weights(model.get_weights())
            return unet
    return model


def find_weights(name_or_path: str | Path) -> Path:
    """Finds the file behind what `load` takes.

    Raises:
        UserError: If there is none.
    """
    return find_model(name_or_path, PRETRAINED, _WEIGHTS)


def scale_of(model: keras.Model) -> int:
    """Finds by how much a model upscales, by trying it on a tiny image.

    Args:
        model: Takes `(batch, height, width, 3)` and, if it has a second
            input, noise of the same height and width.

    Raises:
        UserError: If it takes no image of any size, or gives none, or the
            output is no upscaling by a whole number.
    """
    _check_upscaler(model, "the model")
    _, height, width = _TRIAL
    channels = noise_channels(model)
    given = [tf.fill((*_TRIAL, 3), 127.5)]
    if channels:
        given.append(tf.zeros((*_TRIAL, channels)))
    high = _try(model, given)
    scale = high.shape[1] // height
    expected = (1, height * scale, width * scale, 3)
    if scale < 1 or tuple(high.shape) != expected:
        raise UserError(
            f"the model makes {tuple(high.shape[1:])} out of "
            f"{(height, width, 3)}, which is no upscaling by a whole number"
        )
    return scale


def _try(model: keras.Model, given: list[tf.Tensor]) -> tf.Tensor:
    """Calls a model on a image unless that would take all the memory.

    Layers without weights can make a tensor of any size, one after another.
    """
    try:
        planned = tf.function(
            lambda *tensors: call_model(model, *tensors)
        ).get_concrete_function(*map(tf.TensorSpec.from_tensor, given))
        sizes = [
            tensor.shape.num_elements() or 0
            for operation in planned.graph.get_operations()
            for tensor in operation.outputs
            if tensor.shape.is_fully_defined()
        ]
        if max(sizes) > _MOST_NUMBERS:
            raise UserError(
                f"the model needs {max(sizes)} numbers at a time for "
                f"{_TRIAL[2]} x {_TRIAL[1]} pixels"
            )
        return planned(*given)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise UserError(
            f"the model cannot take {_TRIAL[2]} x {_TRIAL[1]} pixels: "
            f"{printable(error)}"
        ) from error


def noise_channels(model: keras.Model) -> int:
    """Gives the channels of a model's noise input; 0 if it has none."""
    return model.inputs[1].shape[-1] if len(model.inputs) == 2 else 0


def call_model(model: keras.Model, low: Any, noise: Any = None) -> Any:
    """Calls a model with or without noise.

    Args:
        model: An SR model.
        low: float32 tensor of shape `(batch, height, width, 3)`, 0..255.
        noise: float32 tensor of the same height and width, for a model that
            has a second input.

    Returns:
        float32 tensor of shape `(batch, height * scale, width * scale, 3)`.
    """
    given = low if noise is None else [low, noise]
    return model(given, training=False)


def _check_upscaler(model: keras.Model, name: Path | str) -> None:
    """Checks what can be known before a image comes."""
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 4:
        shapes = ", ".join(str(t.shape) for t in model.outputs)
        raise UserError(
            f"{name} gives no image but {shapes}; is it a discriminator?"
        )
    if len(model.inputs) > 2 or any(len(t.shape) != 4 for t in model.inputs):
        raise UserError(f"{name} does not take a image")
    height, width, channels = model.inputs[0].shape[1:]
    if channels != 3 or model.outputs[0].shape[-1] not in (3, None):
        raise UserError(
            f"{name} does not take and give RGB: its input has {channels} "
            f"channels, its output {model.outputs[0].shape[-1]}"
        )
    if height or width:
        raise UserError(
            f"{name} takes only images of {width} x {height} pixels; save it "
            "with an input of shape (None, None, 3)"
        )
