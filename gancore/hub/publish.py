"""Writes a folder for the Hugging Face Hub and pushes it."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from pathlib import Path
from typing import Any

from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError
from gancore.hub.client import check_hub, push
from gancore.hub.model_card import Card, write_card
from gancore.io.atomic import atomic_write
from gancore.io.paths import check_folder, check_outputs, create_folder
from gancore.training.config import OUTPUT

logger = logging.getLogger(__name__)

_MODEL, _CONFIG, _CARD = "model.h5", "config.json", "README.md"
_HUB = "Hugging Face Hub"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PublishOptions:
    """Options of `python -m textgan publish` and `python -m srgan publish`."""

    model: str = positional(
        "Model to publish: name of pretrained weights, or an .h5 file.",
        takes="FILE",
    )
    output: str | None = option(
        None,
        "Folder to write, whose name is the title of the model card; without "
        "it, one named after the model, in the working directory.",
        group=OUTPUT,
        takes="FOLDER",
        was="to",
    )
    license: str | None = option(
        None,
        "License of the weights, as the Hub names it, such as apache-2.0; "
        "without it, that of the pretrained weights, or unknown.",
        group=OUTPUT,
        takes="NAME",
    )
    overwrite: bool = option(False, "Replace existing files.", group=OUTPUT)
    push: str | None = option(
        None,
        "OWNER/NAME of the repository to push to, created if it is missing; "
        "without it, nothing is uploaded.",
        group=_HUB,
        takes="NAME",
    )
    private: bool = option(False, "Make a new repository private.", group=_HUB)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.license and not re.fullmatch(r"[a-z0-9.+-]+", self.license):
            raise UserError(
                f"--license {self.license} is not a name of the Hub, such as "
                "apache-2.0, cc-by-4.0 or other"
            )

    @property
    def folder(self) -> Path:
        """The folder to write."""
        return Path(self.output or Path(self.model).name.removesuffix(".h5"))

    def check(self) -> None:
        """Checks what is known before the network is loaded.

        Raises:
            UserError: If files exist already, the folder cannot be created,
                or `--push` cannot work.
        """
        check_folder(self.folder)
        if self.folder.is_dir():
            files = [self.folder / name for name in (_MODEL, _CONFIG, _CARD)]
            check_outputs(files, self.overwrite)
        if self.push:
            check_hub(self.push)


def publish(
    options: PublishOptions,
    path: Path,
    metadata: dict[str, Any],
    card: Card,
    license: str | None,
) -> None:
    """Writes model, metadata and card to a folder, and pushes it if asked to.

    Args:
        options: Folder and repository.
        path: File of the network, a whole Keras model.
        metadata: Metadata of the network, for `config.json`.
        card: Content of the card. If there is a Markdown file of the same
            name beside `path`, that replaces its description.
        license: License, if there is no `--license`.

    Raises:
        RuntimeFailure: If a file cannot be written or pushed.
    """
    license = options.license or license
    if license is None:
        logger.warning("no --license is given, so the card says unknown")
    description = path.with_suffix(".md")
    if description.is_file():
        text = description.read_text(encoding="utf-8")
        about = re.sub(r"\A\s*# .*\n", "", text)
        card = dataclasses.replace(card, about=about)
    folder = options.folder
    create_folder(folder)
    metadata = _without_folders(metadata)
    image = _read_image(path)
    with atomic_write(folder / _MODEL) as partial:
        partial.write_bytes(image)
    _write(
        folder / _CONFIG,
        json.dumps(metadata, ensure_ascii=False, indent=1) + "\n",
    )
    _write(
        folder / _CARD,
        write_card(
            card,
            folder.resolve().name,
            license or "unknown",
            metadata.get("scores", {}),
            options.push,
        ),
    )
    print(f"{_CARD}, {_CONFIG} and {_MODEL} saved to {folder.resolve()}")
    if options.push:
        names = (_CARD, _CONFIG, _MODEL)
        url = push(folder, names, options.push, options.private)
        print(f"Pushed to {url}")


def _read_image(path: Path) -> bytes:
    """Reads a network's file, and removes names of folders from it."""
    import h5py

    from gancore.saving.model_io import METADATA, get_metadata
    from gancore.saving.safe_h5 import open_checked

    with open_checked(path) as checked:
        image = checked.file.id.get_file_image()
        metadata = get_metadata(checked)
    if not metadata:
        return image
    # HDF5 prints errors when a disk fills up, so this is done in memory.
    writable = h5py.h5f.FILE_IMAGE_OPEN_RW
    with h5py.File(h5py.h5f.open_file_image(image, writable)) as file:
        file.attrs[METADATA] = json.dumps(_without_folders(metadata))
        file.flush()
        return file.id.get_file_image()


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _without_folders(value: Any) -> Any:
    """Reduces absolute paths in JSON to their names; folders are private."""
    if isinstance(value, dict):
        return {key: _without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_folders(item) for item in value]
    if not isinstance(value, str):
        return value
    path = Path(value)
    # One word after a slash is no path.
    is_path = path.is_absolute() and len(path.parts) > 2
    return path.name if is_path else value
