"""The model card: what a stranger should know before using a network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gancore import __version__
from gancore.errors import printable


@dataclasses.dataclass(frozen=True)
class Card:
    """What a kind of network has to say of itself.

    Attributes:
        task: The Hub's name of what it does (`pipeline_tag`).
        tags: More words to be found by.
        about: What it does, how it was trained, and its limits, in Markdown.
        scores: What its metrics are called, by their names in provenance.
        example: Python that uses it with Keras alone. It imports `keras`, and
            `FOLDER` stands for where its files lie.
    """

    task: str
    tags: Sequence[str]
    about: str
    scores: Mapping[str, str]
    example: str


def write_card(
    card: Card,
    title: str,
    license: str,
    scores: Mapping[str, Any],
    repository: str | None,
) -> str:
    """Writes a card as the Hub reads it: YAML, then Markdown.

    Args:
        card: What to say.
        title: Name of the network.
        license: The Hub's name of its licence.
        scores: Metrics by their names in provenance; those that the card does
            not name are left out.
        repository: `OWNER/NAME` on the Hub, where the example gets the files;
            beside itself if there is none.
    """
    # What JSON says of a string, a list or a word, YAML says too.
    matter = {
        "license": license,
        "library_name": "keras",
        "pipeline_tag": card.task,
        "tags": list(card.tags),
    }
    head = [f"{key}: {json.dumps(value)}" for key, value in matter.items()]
    rows = [
        f"| {name} | {scores[metric]:.4g} |"
        for metric, name in card.scores.items()
        if isinstance(scores.get(metric), float | int)
    ]
    parts = ["\n".join(["---", *head, "---"]), f"# {title}", card.about.strip()]
    if rows:
        table = "\n".join(["| on validation data | |", "| --- | ---: |", *rows])
        parts += ["## Scores", table]
    parts += [
        "## Use",
        "Any Keras 3 loads it, whatever its backend. What else it says of\n"
        "itself, such as the settings of its training, is in `config.json`.",
        f"```python\n{_located(card.example.strip(), repository)}\n```",
        f"Made with keras-textgan-srgan {__version__}.",
    ]
    return "\n\n".join(parts) + "\n"


def _located(example: str, repository: str | None) -> str:
    if repository is None:
        return example.replace("FOLDER", '"."')
    folder = f"huggingface_hub.snapshot_download({json.dumps(repository)})"
    imports = "import huggingface_hub\nimport keras\n"
    return example.replace("import keras\n", imports).replace("FOLDER", folder)


def details(rows: Mapping[str, str]) -> str:
    """Makes a table of facts, those left out that are empty."""
    lines = [f"| {name} | {fact} |" for name, fact in rows.items() if fact]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def data_summary(data: Mapping[str, Any]) -> str:
    """Tells what a network was trained on, as far as it is known."""
    if not isinstance(data.get("name"), str):
        return "unknown; the file does not say"
    counts = [
        f"{data[key]:,} {what}"
        for key, what in (("train", "to learn from"), ("valid", "validation"))
        if isinstance(data.get(key), int)
    ]
    name = f"`{printable(data['name'])}`"
    return ": ".join([name, *filter(None, [", ".join(counts)])])
