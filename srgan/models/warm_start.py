"""Begins a generator as another one."""

from __future__ import annotations

import logging
import re

import keras

from gancore.errors import UserError

logger = logging.getLogger(__name__)

# What is left of a fresh weight where it meets features it has never seen:
# next to nothing, but not nothing, which would be without a gradient.
_FAINT = 0.01


def warm_start(generator: keras.Model, other: keras.Model) -> None:
    """Copies weights, layer by layer, as far as the two networks are alike.

    What follows the first layer that differs begins anew, since it would read
    features it was not trained on: with another scale the up-sampling or the
    tail, so that the generator is at first the bicubic one. Two differences are
    no end. Residual blocks that only the generator has begin as nearly nothing
    (Chen et al. 2016, Net2Net, section 2.4), and so does a noise input. A note
    says how many weights were taken.

    Args:
        generator: A `Generator`, fresh; changed in place.
        other: Where the weights come from.

    Raises:
        UserError: If not even the first layer fits.

    Reference:
        - [Chen et al. 2016](https://arxiv.org/abs/1511.05641)
    """
    ours, theirs = _trained(generator), _trained(other)
    names = {layer.name for layer in theirs}
    blocks = {_block(name) for name in names}
    taken = total = 0
    same = True
    for layer in ours:
        total += layer.count_params()
        if _block(layer.name) not in blocks:
            _hush(layer)
            continue
        same = same and bool(theirs) and _take(layer, theirs.pop(0))
        taken += layer.count_params() if same else 0
    if not taken:
        raise UserError(
            "the model to begin as has no layer in common with this generator; "
            "try its --filters, --compact and --batch_norm"
        )
    logger.info(
        f"the generator begins with {taken:,} of {total:,} weights trained"
    )


def _trained(network: keras.Model) -> list[keras.layers.Layer]:
    return [
        layer
        for layer in network.layers
        # The bicubic skip never learns.
        if layer.weights and not layer.name.startswith("bicubic")
    ]


def _block(name: str) -> str:
    """Gives the residual block a layer is of; nothing, if it is of none."""
    found = re.match(r"block\d+_", name)
    return found[0] if found else ""


def _hush(layer: keras.layers.Layer) -> None:
    """Takes a new block's voice away, in the last of its layers."""
    if layer.name.endswith("_conv2"):
        layer.kernel.assign(layer.kernel * _FAINT)
    elif layer.name.endswith("_norm2"):
        layer.gamma.assign(layer.gamma * _FAINT)


def _take(layer: keras.layers.Layer, other: keras.layers.Layer) -> bool:
    """Copies a layer's weights if it is the same layer."""
    if layer.name != other.name:
        return False
    ours, theirs = layer.get_weights(), other.get_weights()
    sizes = [w[0].shape[:2] + w[0].shape[3:] for w in (ours, theirs)]
    if layer.name == "head" and sizes[0] == sizes[1]:
        # Beside the three colours there may be noise, in one or in both.
        mixed = ours[0] * _FAINT
        known = min(theirs[0].shape[2], mixed.shape[2])
        mixed[:, :, :known] = theirs[0][:, :, :known]
        theirs = [mixed, *theirs[1:]]
    if [w.shape for w in ours] != [w.shape for w in theirs]:
        return False
    layer.set_weights(theirs)
    return True
