"""Saves a network as a preset: a folder that `from_preset` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras

from gancore.io.atomic import atomic_write
from gancore.io.paths import create_folder
from gancore.saving.model_io import save_h5
from gancore.saving.model_loading import MODEL_FILE

CONFIG_FILE = "config.json"


def save_preset(
    folder: Path,
    network: keras.Model,
    metadata: dict[str, Any],
    *,
    overwrite: bool = False,
) -> None:
    """Writes `model.h5`, and what it needs as JSON for other programs.

    The vocabulary of a text generator has a file of its own,
    `vocabulary.json`; the other metadata are in `config.json`. All of them are
    also in `model.h5`, which is all that loading reads.

    Args:
        folder: Folder to write, created if it is missing.
        network: The network, as for `save_h5`.
        metadata: JSON-serializable facts that loading needs.
        overwrite: Replaces these files in a folder that holds any; other
            files stay.

    Raises:
        ValueError: If the folder is not empty, without `overwrite`.
        RuntimeFailure: If a file cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, not a folder to save to")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"the folder {folder} is not empty; save to another one, or pass "
            "overwrite=True"
        )
    create_folder(folder)
    save_h5(network, folder / MODEL_FILE, metadata)
    config = dict(metadata)
    files = {CONFIG_FILE: config}
    if "vocabulary" in config:
        files["vocabulary.json"] = config.pop("vocabulary")
    for name, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        with atomic_write(folder / name) as partial:
            partial.write_text(text, encoding="utf-8")
