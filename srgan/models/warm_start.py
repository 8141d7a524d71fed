"""Warm-starts a generator from the weights of another one."""

from __future__ import annotations

import logging
import re

import keras

from gancore.errors import UserError

logger = logging.getLogger(__name__)

# Factor of initial weights of inputs that the other network does not have:
# small, but not 0, which would have no gradient.
INIT_SCALE = 0.01


def warm_start(generator: keras.Model, other: keras.Model) -> None:
    """Copies weights, layer by layer, up to the first layer that differs.

    All further layers keep their initial weights, since their input features
    are not those they were trained on: with another scale the up-sampling or
    the tail, so that the generator is bicubic at first. Two differences do not
    count: residual blocks that only the generator has are initialized near the
    identity (Chen et al. 2016, Net2Net, section 2.4), and the weights of a
    noise input near 0. The number of copied weights is logged.

    Args:
        generator: An untrained `Generator`, changed in place.
        other: Network to copy weights from.

    Raises:
        UserError: If not even the first layer matches.

    Reference:
        - [Chen et al. 2016](https://arxiv.org/abs/1511.05641)
    """
    ours, theirs = _trainable_layers(generator), _trainable_layers(other)
    names = {layer.name for layer in theirs}
    blocks = {_block(name) for name in names}
    copied = total = 0
    matches = True
    for layer in ours:
        total += layer.count_params()
        if _block(layer.name) not in blocks:
            _scale_down(layer)
            continue
        matches = (
            matches and bool(theirs) and _copy_weights(layer, theirs.pop(0))
        )
        copied += layer.count_params() if matches else 0
    if not copied:
        raise UserError(
            "the model of --init_from has no layer in common with this "
            "generator; try its --filters, --compact and --batch_norm"
        )
    logger.info(
        f"warm-started {copied:,} of {total:,} weights of the generator"
    )


def _trainable_layers(network: keras.Model) -> list[keras.layers.Layer]:
    return [
        layer
        for layer in network.layers
        # The bicubic skip is frozen.
        if layer.weights and not layer.name.startswith("bicubic")
    ]


def _block(name: str) -> str:
    """Returns the prefix of a layer's residual block, or an empty string."""
    found = re.match(r"block\d+_", name)
    return found[0] if found else ""


def _scale_down(layer: keras.layers.Layer) -> None:
    """Scales down the output of a new residual block, in its last layer."""
    if layer.name.endswith("_conv2"):
        layer.kernel.assign(layer.kernel * INIT_SCALE)
    elif layer.name.endswith("_norm2"):
        layer.gamma.assign(layer.gamma * INIT_SCALE)


def _copy_weights(layer: keras.layers.Layer, other: keras.layers.Layer) -> bool:
    """Copies a layer's weights if names and shapes match; returns whether."""
    if layer.name != other.name:
        return False
    ours, theirs = layer.get_weights(), other.get_weights()
    sizes = [w[0].shape[:2] + w[0].shape[3:] for w in (ours, theirs)]
    if layer.name == "head" and sizes[0] == sizes[1]:
        # Besides the three colors, one or both may have noise channels.
        kernel = ours[0] * INIT_SCALE
        shared = min(theirs[0].shape[2], kernel.shape[2])
        kernel[:, :, :shared] = theirs[0][:, :, :shared]
        theirs = [kernel, *theirs[1:]]
    if [w.shape for w in ours] != [w.shape for w in theirs]:
        return False
    layer.set_weights(theirs)
    return True
