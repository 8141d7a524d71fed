"""The command `export`: a writer, word by word, for programs without Keras."""

from __future__ import annotations

from functools import partial

from gancore.export.exporter import ExportOptions, Trial, export
from gancore.training import tf_setup

__all__ = ["ExportOptions", "run"]


def run(options: ExportOptions) -> int:
    """Writes the network of one step, and its vocabulary beside it.

    Returns:
        0.
    """
    options.check()
    tf_setup.start(0)

    from gancore.saving.model_io import provenance_of
    from gancore.saving.safe_h5 import opened
    from textgan.data.vocabulary import END, PAD, START, UNKNOWN
    from textgan.inference.load import find, load
    from textgan.inference.step_model import difference, one_step

    generator = load(options.model).generator
    network, shapes = one_step(generator)
    with opened(find(options.model)) as checked:
        provenance = provenance_of(checked)
    export(
        options,
        network,
        shapes,
        Trial(partial(difference, generator=generator), 1e-3, "in the logits"),
        {"start": START, "end": END, "never": [PAD, UNKNOWN, START]}
        | provenance,
    )
    return 0
