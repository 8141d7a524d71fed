"""The command `publish` of both: a folder ready for the Hugging Face Hub."""

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
    """Options of `publish`."""

    model: str = positional(
        "Network to publish: a name, or an .h5 file.", takes="FILE"
    )
    output: str | None = option(
        None,
        "Folder to write, whose name is the card's title; by default it has "
        "the model's name and lies in the working directory.",
        group=OUTPUT,
        takes="FOLDER",
        was="to",
    )
    license: str | None = option(
        None,
        "Licence of the weights, as the Hub calls it, such as apache-2.0; that "
        "of the weights that come along, or unknown.",
        group=OUTPUT,
        takes="NAME",
    )
    overwrite: bool = option(
        False, "Replace what an earlier call wrote.", group=OUTPUT
    )
    push: str | None = option(
        None,
        "OWNER/NAME of the repository to push to, made if it is missing.",
        group=_HUB,
        takes="NAME",
    )
    private: bool = option(
        False, "Show a new repository to its owner alone.", group=_HUB
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.license and not re.fullmatch(r"[a-z0-9.+-]+", self.license):
            raise UserError(
                f"--license {self.license} is no name of the Hub's, such as "
                "apache-2.0, cc-by-4.0 or other"
            )

    @property
    def folder(self) -> Path:
        """The folder to write."""
        return Path(self.output or Path(self.model).name.removesuffix(".h5"))

    def check(self) -> None:
        """Checks what can be known before the network is loaded.

        Raises:
            UserError: If files are there already, the folder cannot be made,
                or `--push` is bound to fail.
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
    facts: dict[str, Any],
    card: Card,
    license: str | None,
) -> None:
    """Writes the folder, and pushes it if that is asked for.

    Args:
        options: Where to.
        path: File of the network, a whole Keras model.
        facts: What it says of itself, for `config.json`.
        card: What its card says. Where there is a Markdown file of the same
            name beside `path`, that is what it says of the network.
        license: The licence, if `--license` does not say.

    Raises:
        FailedWork: If something cannot be written or pushed.
    """
    license = options.license or license
    if license is None:
        logger.warning("no --license is given, so the card says unknown")
    written = path.with_suffix(".md")
    if written.is_file():
        text = written.read_text(encoding="utf-8")
        about = re.sub(r"\A\s*# .*\n", "", text)
        card = dataclasses.replace(card, about=about)
    folder = options.folder
    create_folder(folder)
    facts = _without_folders(facts)
    image = _image(path)
    with atomic_write(folder / _MODEL) as partial:
        partial.write_bytes(image)
    _write(
        folder / _CONFIG, json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    )
    _write(
        folder / _CARD,
        write_card(
            card,
            folder.resolve().name,
            license or "unknown",
            facts.get("scores", {}),
            options.push,
        ),
    )
    print(f"{_CARD}, {_CONFIG} and {_MODEL} saved to {folder.resolve()}")
    if options.push:
        names = (_CARD, _CONFIG, _MODEL)
        address = push(folder, names, options.push, options.private)
        print(f"Pushed to {address}")


def _image(path: Path) -> bytes:
    """Gives the bytes of a network's file, without names of folders."""
    import h5py

    from gancore.saving.model_io import METADATA, get_metadata
    from gancore.saving.safe_h5 import open_checked

    with open_checked(path) as checked:
        image = checked.file.id.get_file_image()
        provenance = get_metadata(checked)
    if not provenance:
        return image
    # HDF5 leaves loud errors behind when a disk fills up, so this is in memory.
    writable = h5py.h5f.FILE_IMAGE_OPEN_RW
    with h5py.File(h5py.h5f.open_file_image(image, writable)) as file:
        file.attrs[METADATA] = json.dumps(_without_folders(provenance))
        file.flush()
        return file.id.get_file_image()


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _without_folders(facts: Any) -> Any:
    """Takes from absolute paths the folders, which are nobody's business."""
    if isinstance(facts, dict):
        return {key: _without_folders(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_without_folders(value) for value in facts]
    if not isinstance(facts, str):
        return facts
    path = Path(facts)
    # Not what is one word behind a stroke.
    is_message = path.is_absolute() and len(path.parts) > 2
    return path.name if is_message else facts
