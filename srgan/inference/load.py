"""Loads an SR model: pretrained weights by name, or any file by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from gancore.errors import UserError, printable
from gancore.saving.model_io import get_metadata
from gancore.saving.model_loading import find_model, holds_network, load_network
from gancore.saving.safe_h5 import CheckedFile, open_checked
from srgan.inference.denoise import clean_partner
from srgan.inference.interpolation import interpolate

# Names of the pretrained weights in the package, and their scales.
PRETRAINED = {
    "photo-x4": 4,
    "photo-x2": 2,
    "compact-x4": 4,
    "compact-x2": 2,
    "compact-x4-gan": 4,
}
_WEIGHTS = Path(__file__).parent.parent / "weights"
# Shape of an image to probe a network with: not square, to detect exchanged
# sides, and divisible for networks that downsample inside.
_PROBE_SHAPE = (1, 16, 32)
# Most elements of an intermediate tensor: a gigabyte; ours take kilobytes.
_MAX_ELEMENTS = 2**28


def load(
    name_or_path: str | Path, *, denoise: float | None = None
) -> keras.Model:
    """Loads an SR model.

    Args:
        name_or_path: One of the names in `PRETRAINED`, or the path of an
            `.h5` or `.keras` file: one saved by this project, any Keras model
            of built-in layers that maps RGB in 0..255 to upscaled RGB, or
            weights of an SRResNet in the layout that `srgan.inference.legacy`
            reads; or a folder with a `model.h5`, or `hf://OWNER/NAME`.
        denoise: How strongly `photo-x4` and `photo-x2` remove noise and JPEG
            artifacts, 0..1: their weights are mixed with those for clean
            images by network interpolation. Without it, 1.

    Raises:
        ValueError: If `denoise` is out of range or not for this model.
        UserError: If there is no such file or it holds no SR model.

    Examples:
        >>> load("photo-x4").input_shape
        (None, None, None, 3)
    """
    if denoise is not None:
        clean = load(clean_partner(name_or_path, denoise))
        return interpolate(clean, load(name_or_path), denoise)
    path = find_weights(name_or_path)
    with open_checked(path) as checked:
        if get_metadata(checked).get("package") == "textgan":
            raise UserError(
                f"{path} is a generator of jokes (textgan), not an SR model"
            )
        model = read_any(checked)
    _check_upscaler(model, path)
    return model


def read_any(checked: CheckedFile) -> keras.Model:
    """Loads any network of this package from a file.

    Args:
        checked: Checked file of a generator or discriminator, or with weights
            of an SRResNet.

    Returns:
        The model; a U-Net discriminator of version 0.1 is rebuilt as that
        class, so that it is saved in a format that every Keras loads.

    Raises:
        UserError: If it holds no network.
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
    """Finds the file that `load` reads.

    Raises:
        UserError: If there is no such file.
    """
    return find_model(name_or_path, PRETRAINED, _WEIGHTS)


def scale_of(model: keras.Model) -> int:
    """Computes the scale of a model by running it on a tiny image.

    Args:
        model: SR model with an input of shape `(batch, height, width, 3)`
            and, if it has a second input, noise of the same height and width.

    Raises:
        UserError: If it does not map images of any size to images, or does
            not upscale by an integer.
    """
    _check_upscaler(model, "the model")
    _, height, width = _PROBE_SHAPE
    channels = noise_channels(model)
    inputs = [tf.fill((*_PROBE_SHAPE, 3), 127.5)]
    if channels:
        inputs.append(tf.zeros((*_PROBE_SHAPE, channels)))
    output = _probe(model, inputs)
    scale = output.shape[1] // height
    expected = (1, height * scale, width * scale, 3)
    if scale < 1 or tuple(output.shape) != expected:
        raise UserError(
            f"the model computes {tuple(output.shape[1:])} out of "
            f"{(height, width, 3)}, which is no upscaling by an integer"
        )
    return scale


def _probe(model: keras.Model, inputs: list[tf.Tensor]) -> tf.Tensor:
    """Runs a model on a tiny image unless it needs too much memory.

    Layers without weights can produce tensors of any size.
    """
    try:
        function = tf.function(
            lambda *tensors: call_model(model, *tensors)
        ).get_concrete_function(*map(tf.TensorSpec.from_tensor, inputs))
        sizes = [
            tensor.shape.num_elements() or 0
            for operation in function.graph.get_operations()
            for tensor in operation.outputs
            if tensor.shape.is_fully_defined()
        ]
        if max(sizes) > _MAX_ELEMENTS:
            raise UserError(
                f"the model needs tensors of {max(sizes)} elements for "
                f"{_PROBE_SHAPE[2]} x {_PROBE_SHAPE[1]} pixels"
            )
        return function(*inputs)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise UserError(
            f"the model cannot take {_PROBE_SHAPE[2]} x {_PROBE_SHAPE[1]} "
            f"pixels: {printable(error)}"
        ) from error


def noise_channels(model: keras.Model) -> int:
    """Returns the channels of a model's noise input; 0 if it has none."""
    return model.inputs[1].shape[-1] if len(model.inputs) == 2 else 0


def call_model(model: keras.Model, lr: Any, noise: Any = None) -> Any:
    """Calls a model with or without noise.

    Args:
        model: An SR model.
        lr: float32 tensor of shape `(batch, height, width, 3)`, 0..255.
        noise: float32 tensor of the same height and width, for a model that
            has a second input.

    Returns:
        float32 tensor of shape `(batch, height * scale, width * scale, 3)`.
    """
    inputs = lr if noise is None else [lr, noise]
    return model(inputs, training=False)


def _check_upscaler(model: keras.Model, name: Path | str) -> None:
    """Checks the numbers and shapes of inputs and outputs."""
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 4:
        shapes = ", ".join(str(t.shape) for t in model.outputs)
        raise UserError(
            f"the output of {name} is no image but {shapes}; is it a "
            "discriminator?"
        )
    if len(model.inputs) > 2 or any(len(t.shape) != 4 for t in model.inputs):
        raise UserError(f"the input of {name} is no image")
    height, width, channels = model.inputs[0].shape[1:]
    if channels != 3 or model.outputs[0].shape[-1] not in (3, None):
        raise UserError(
            f"{name} does not map RGB to RGB: its input has {channels} "
            f"channels, its output {model.outputs[0].shape[-1]}"
        )
    if height or width:
        raise UserError(
            f"{name} accepts only images of {width} x {height} pixels; save it "
            "with an input of shape (None, None, 3)"
        )
