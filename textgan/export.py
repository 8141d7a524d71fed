"""The command `export`: a writer, word by word, for programs without Keras."""

from __future__ import annotations

from functools import partial

from adversarial import runtime
from adversarial.exporting import ExportOptions, Trial, export

__all__ = ["ExportOptions", "run"]


def run(options: ExportOptions) -> int:
    """Writes the network of one step, and its vocabulary beside it.

    Returns:
        0.
    """
    options.check()
    runtime.start(0)

    from adversarial.checked_file import opened
    from adversarial.checkpoint import provenance_of
    from textgan.loading import find, load
    from textgan.one_step import difference, one_step
    from textgan.vocabulary import END, PAD, START, UNKNOWN

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
