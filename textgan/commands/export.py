"""The command `export`: a text generator for programs without Keras.

The network generates one token at a time: see `textgan.inference.step_model`.
"""

from __future__ import annotations

from functools import partial

from gancore.export.exporter import ExportCheck, ExportOptions, export
from gancore.training import tf_setup

__all__ = ["ExportOptions", "run"]


def run(options: ExportOptions) -> int:
    """Exports the network of one step, and its vocabulary beside it.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.safe_h5 import open_checked
    from textgan.data.vocabulary import END, PAD, START, UNKNOWN
    from textgan.inference.load import find_weights, load
    from textgan.inference.step_model import max_difference, step_model

    generator = load(options.model).generator
    network, shapes = step_model(generator)
    with open_checked(find_weights(options.model)) as checked:
        metadata = get_metadata(checked)
    export(
        options,
        network,
        shapes,
        ExportCheck(
            partial(max_difference, generator=generator), 1e-3, "in the logits"
        ),
        {"start": START, "end": END, "never": [PAD, UNKNOWN, START]} | metadata,
    )
    return 0
