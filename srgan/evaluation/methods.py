"""Upscaling methods of a benchmark: bicubic and networks, as functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

import keras
import numpy as np

from gancore.errors import UserError
from srgan.data.mapping_network import MappingNetwork
from srgan.inference.load import PRETRAINED, load, scale_of
from srgan.inference.self_ensemble import check_self_ensemble
from srgan.inference.tiled_upscaler import TiledUpscaler

# Maps a uint8 image of shape `(height, width, channels)`, RGB or grey with 1
# channel, to one `scale` times as large.
Method = Callable[[np.ndarray], np.ndarray]

BICUBIC = "bicubic"


def bicubic_method(scale: int) -> Method:
    """Returns bicubic upscaling, equal to MATLAB's `imresize`."""
    mapping = MappingNetwork(scale)
    return lambda lr: mapping.upscale(lr).numpy()


def network_method(
    model: keras.Model,
    *,
    keep_mean: bool = False,
    self_ensemble: bool = False,
) -> Method:
    """Returns upscaling by a network, as `srgan.upscale` does it.

    Args:
        model: The network.
        keep_mean: As for `srgan.upscale`.
        self_ensemble: As for `srgan.upscale`.
    """
    upscaler = TiledUpscaler(
        model, keep_mean=keep_mean, self_ensemble=self_ensemble
    )
    return lambda lr: np.concatenate(list(upscaler.bands(lr)))


def load_methods(
    models: Sequence[str],
    denoise: Sequence[float] = (),
    *,
    self_ensemble: bool = False,
) -> tuple[dict[str, Method], int]:
    """Loads networks as methods, with bicubic first.

    Args:
        models: Arguments of `srgan.load`.
        denoise: Strengths of denoising; each of the models is loaded with
            each of them. Without it, as they are.
        self_ensemble: As for `srgan.upscale`.

    Returns:
        Name -> method, with the shortest distinct names, and the scale that
        all have in common.

    Raises:
        UserError: If a network cannot be loaded, the scales differ, or a
            self-ensemble would blur a network's output.
    """
    if self_ensemble:
        for model in models:
            check_self_ensemble(model)
    networks: dict[str, keras.Model] = {}
    scales = {}
    pretrained = set()
    for model, name in zip(models, short_names(models), strict=True):
        for strength in denoise or (None,):
            mixed = "" if strength is None else f" denoise {strength:g}"
            networks[name + mixed] = load(model, denoise=strength)
            if model in PRETRAINED:
                pretrained.add(name + mixed)
        scales[model] = scale_of(networks[name + mixed])
    scale = scales[models[0]]
    for model, other in scales.items():
        if other != scale:
            raise UserError(
                f"{models[0]} upscales x{scale} and {model} x{other}: "
                "benchmark each scale separately"
            )
    methods = {BICUBIC: bicubic_method(scale)}
    for name, network in networks.items():
        methods[name] = network_method(
            network,
            keep_mean=name in pretrained,
            self_ensemble=self_ensemble,
        )
    return methods, scale


def short_names(models: Sequence[str]) -> list[str]:
    """Shortens paths to their last parts, as long as they stay distinct."""
    parts = [PurePath(model.removesuffix(".h5")).parts for model in models]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len({BICUBIC, *names}) == 1 + len(names):
            return names
    raise UserError(f"two networks have the same name: {', '.join(models)}")
