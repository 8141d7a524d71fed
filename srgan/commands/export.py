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

# Batch, height and width of the trial's images: of several sizes, and
# multiples of what a network that halves its features likes.
_TRIALS = ((1, 16, 32), (2, 48, 16))


def run(options: ExportOptions) -> int:
    """Writes an SR model of images of any size, and its facts beside it.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.safe_h5 import open_checked
    from srgan.inference.load import find_weights, load

    upscaler = load(options.model)
    network, shapes, scale = named(upscaler)
    with open_checked(find_weights(options.model)) as checked:
        provenance = get_metadata(checked)
    export(
        options,
        network,
        shapes,
        ExportCheck(
            partial(difference, upscaler=upscaler), 0.05, "grey levels"
        ),
        {**provenance, "scale": scale, **_overlap(upscaler)},
    )
    return 0


def _overlap(upscaler: keras.Model) -> dict[str, int]:
    """Tells by how much tiles must overlap, where that is known."""
    from srgan.inference.receptive_field import (
        UnboundedReceptiveField,
        receptive_field,
    )

    try:
        reach = receptive_field(upscaler)
    except UnboundedReceptiveField:
        return {}
    return {"reach": reach.pixels, "step": reach.step}


def named(upscaler: keras.Model) -> tuple[keras.Model, Shapes, int]:
    """Gives an SR model's inputs and output the same names, whoever made it.

    Returns:
        A network from `low` and perhaps `noise` to `high`, the axes of all
        these, and the scale.
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


def difference(run: Run, upscaler: keras.Model) -> float:
    """Upscales images of several sizes here and there.

    Args:
        run: The network that was written, wherever it runs.
        upscaler: The one it was made of.

    Returns:
        The largest difference, in grey levels of 255 to what is brightest.
    """
    from srgan.inference.load import call_model, noise_channels

    random = np.random.default_rng(0)
    channels = noise_channels(upscaler)
    largest = 0.0
    for size in _TRIALS:
        low = random.uniform(0, 255, (*size, 3)).astype("float32")
        inputs, noise = {"low": low}, None
        if channels:
            noise = random.standard_normal((*size, channels), "float32")
            inputs["noise"] = noise
        expected = np.array(call_model(upscaler, low, noise))
        # A network that overshoots by far is as exact as its largest number.
        bright = max(np.abs(expected).max() / 255, 1.0)
        off = np.abs(run(inputs)["high"] - expected).max() / bright
        # NaN stays; `max` would lose it.
        largest = np.maximum(largest, off)
    return float(largest)
