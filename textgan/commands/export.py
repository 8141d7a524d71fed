"""The command `export`: a text generator, word by word, for programs without Keras."""

from __future__ import annotations

from functools import partial

from gancore.export.exporter import ExportCheck, ExportOptions, export
from gancore.training import tf_setup

__all__ = ["ExportOptions", "run"]


def run(options: ExportOptions) -> int:
    """Writes the network of one step, and its vocabulary beside it.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.safe_h5 import open_checked
    from textgan.data.vocabulary import END, PAD, START, UNKNOWN
    from textgan.inference.load import find_weights, load
    from textgan.inference.step_model import difference, step_model

    generator = load(options.model).generator
    network, shapes = step_model(generator)
    with open_checked(find_weights(options.model)) as checked:
        provenance = get_metadata(checked)
    export(
        options,
        network,
        shapes,
        ExportCheck(
            partial(difference, generator=generator), 1e-3, "in the logits"
        ),
        {"start": START, "end": END, "never": [PAD, UNKNOWN, START]}
        | provenance,
    )
    return 0
