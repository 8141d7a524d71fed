"""The model card: what users should know about a network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gancore import __version__
from gancore.errors import printable


@dataclasses.dataclass(frozen=True)
class Card:
    """Content of the card of a network.

    Attributes:
        task: The Hub's name of the task (`pipeline_tag`).
        tags: More tags.
        about: Description, training and limitations, in Markdown.
        scores: Name of a metric in the metadata -> name in the card.
        example: Python code that uses the network with Keras only. It imports
            `keras`; `FOLDER` stands for the folder of the files.
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
    """Returns a card in the form of the Hub: YAML, then Markdown.

    Args:
        card: Content.
        title: Name of the network.
        license: The Hub's name of its license.
        scores: Metrics by their names in the metadata; those that the card
            does not name are left out.
        repository: `OWNER/NAME` on the Hub, from which the example downloads
            the files; without one it reads them from its own folder.
    """
    # Strings and lists are the same in JSON and YAML.
    front_matter = {
        "license": license,
        "library_name": "keras",
        "pipeline_tag": card.task,
        "tags": list(card.tags),
    }
    head = [
        f"{key}: {json.dumps(value)}" for key, value in front_matter.items()
    ]
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
        "Keras 3 loads it with any backend. Its metadata, such as the\n"
        "hyperparameters of its training, are in `config.json`.",
        f"```python\n{_with_folder(card.example.strip(), repository)}\n```",
        f"Trained with keras-textgan-srgan {__version__}.",
    ]
    return "\n\n".join(parts) + "\n"


def _with_folder(example: str, repository: str | None) -> str:
    if repository is None:
        return example.replace("FOLDER", '"."')
    folder = f"huggingface_hub.snapshot_download({json.dumps(repository)})"
    imports = "import huggingface_hub\nimport keras\n"
    return example.replace("import keras\n", imports).replace("FOLDER", folder)


def details(rows: Mapping[str, str]) -> str:
    """Returns a Markdown table of facts, without the empty ones."""
    lines = [f"| {name} | {fact} |" for name, fact in rows.items() if fact]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def data_summary(data: Mapping[str, Any]) -> str:
    """Returns the name and size of the training data, if they are known."""
    if not isinstance(data.get("name"), str):
        return "unknown"
    counts = [
        f"{data[key]:,} {what}"
        for key, what in (("train", "training"), ("valid", "validation"))
        if isinstance(data.get(key), int)
    ]
    name = f"`{printable(data['name'])}`"
    return ": ".join([name, *filter(None, [", ".join(counts)])])
