"""The methods of a benchmark: bicubic and any network, called alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

import keras
import numpy as np

from gancore.errors import UserError
from srgan.data.mapping_network import MappingNetwork
from srgan.inference.load import load, scale_of
from srgan.inference.tiled_upscaler import TiledUpscaler

# Takes a uint8 image of shape `(height, width, channels)`, RGB or 1 channel
# for grey, and gives the same `scale` times as large.
Method = Callable[[np.ndarray], np.ndarray]

BICUBIC = "bicubic"


def bicubic_method(scale: int) -> Method:
    """Upscales as MATLAB's `imresize` does."""
    mapping = MappingNetwork(scale)
    return lambda low: mapping.upscale(low).numpy()


def network_method(model: keras.Model) -> Method:
    """Upscales by a network, just as `srgan.upscale` does."""
    upscaler = TiledUpscaler(model)
    return lambda low: np.concatenate(list(upscaler.bands(low)))


def load_methods(models: Sequence[str]) -> tuple[dict[str, Method], int]:
    """Loads networks and puts bicubic before them.

    Args:
        models: What `srgan.load` takes, each.

    Returns:
        Methods by name, networks by their shortest distinct ones, and the
        scale common to all.

    Raises:
        UserError: If a network cannot be loaded or the scales differ.
    """
    networks = [load(model) for model in models]
    scales = [scale_of(network) for network in networks]
    for model, scale in zip(models, scales, strict=True):
        if scale != scales[0]:
            raise UserError(
                f"{models[0]} upscales x{scales[0]} and {model} x{scale}: "
                "benchmark them one after the other"
            )
    methods = {BICUBIC: bicubic_method(scales[0])}
    for name, network in zip(short_names(models), networks, strict=True):
        methods[name] = network_method(network)
    return methods, scales[0]


def short_names(models: Sequence[str]) -> list[str]:
    """Shortens paths to their last parts, as many as tell them apart."""
    parts = [PurePath(model.removesuffix(".h5")).parts for model in models]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len({BICUBIC, *names}) == 1 + len(names):
            return names
    raise UserError(f"two networks have the same name: {', '.join(models)}")
