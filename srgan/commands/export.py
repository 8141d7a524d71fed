"""The command `export`: an SR model for programs without Keras."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gancore.export.exporter import ExportCheck, ExportOptions, export
from gancore.export.formats import Run, Shapes
from gancore.training import tf_setup

if TYPE_CHECKING:
    import keras

__all__ = ["ExportOptions", "run"]

# Batch, height and width of the images of the check: several sizes, multiples
# of the strides of U-Nets.
_CHECK_SIZES = ((1, 16, 32), (2, 48, 16))


def run(options: ExportOptions) -> int:
    """Exports an SR model with dynamic height and width.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.safe_h5 import open_checked
    from srgan.inference.load import find_weights, load

    upscaler = load(options.model)
    network, shapes, scale = with_named_ends(upscaler)
    with open_checked(find_weights(options.model)) as checked:
        metadata = get_metadata(checked)
    export(
        options,
        network,
        shapes,
        ExportCheck(
            partial(max_difference, upscaler=upscaler), 0.05, "gray levels"
        ),
        {**metadata, "scale": scale, **_receptive_field(upscaler)},
    )
    return 0


def _receptive_field(upscaler: keras.Model) -> dict[str, int]:
    """Returns the overlap and alignment of tiles, where they are known."""
    from srgan.inference.receptive_field import (
        UnboundedReceptiveField,
        receptive_field,
    )

    try:
        field = receptive_field(upscaler)
    except UnboundedReceptiveField:
        return {}
    return {"reach": field.radius, "step": field.alignment}


def with_named_ends(upscaler: keras.Model) -> tuple[keras.Model, Shapes, int]:
    """Wraps an SR model so that its inputs and output have standard names.

    Returns:
        A model from `low` and, if it takes noise, `noise` to `high`; the axes
        of all these; and the scale.
    """
    import keras

    from srgan.inference.load import noise_channels, scale_of

    channels, scale = noise_channels(upscaler), scale_of(upscaler)
    low = keras.Input((None, None, 3), name="low")
    inputs, given = {"low": low}, low
    if channels:
        noise = keras.Input((None, None, channels), name="noise")
        inputs, given = {"low": low, "noise": noise}, [low, noise]
    network = keras.Model(inputs, {"high": upscaler(given)}, name="upscaler")
    shapes: Shapes = {
        "low": ("batch", "height", "width", 3),
        "noise": ("batch", "height", "width", channels),
        "high": ("batch", f"{scale}*height", f"{scale}*width", 3),
    }
    return network, shapes, scale


def max_difference(run: Run, upscaler: keras.Model) -> float:
    """Compares an export with its model on random images of several sizes.

    Args:
        run: Runs the export.
        upscaler: The exported model.

    Returns:
        The maximum absolute difference in gray levels, where 255 is the
        brightest of the image.
    """
    from srgan.inference.load import call_model, noise_channels

    random = np.random.default_rng(0)
    channels = noise_channels(upscaler)
    largest = 0.0
    for size in _CHECK_SIZES:
        low = random.uniform(0, 255, (*size, 3)).astype("float32")
        inputs, noise = {"low": low}, None
        if channels:
            noise = random.standard_normal((*size, channels), "float32")
            inputs["noise"] = noise
        expected = np.array(call_model(upscaler, low, noise))
        # float32 is as precise as the largest value, which may overshoot 255.
        brightness = max(np.abs(expected).max() / 255, 1.0)
        off = np.abs(run(inputs)["high"] - expected).max() / brightness
        # Unlike `max`, this keeps NaN.
        largest = np.maximum(largest, off)
    return float(largest)
