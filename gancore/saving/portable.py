"""A network as anyone would build it: float32, of one device."""

from __future__ import annotations

import keras

from gancore.training.precision import full_precision


def to_portable(network: keras.Model) -> keras.Model:
    """Gives a network of the same weights that stands for itself.

    Args:
        network: One that `get_config` can make again; it is given back as it
            is if it computes in float32 and shares no statistics with other
            replicas.
    """
    shared = any(
        getattr(layer, "synchronized", False) for layer in network.layers
    )
    if network.compute_dtype == "float32" and not shared:
        return network
    with full_precision():
        twin = type(network).from_config(network.get_config())
    twin.set_weights(network.get_weights())
    return twin
