"""The command `export` of both: a network for programs without Keras."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gancore.config_fields import check_ranges, option, positional
from gancore.errors import RuntimeFailure, UserError, printable
from gancore.export.formats import FORMATS, Format, Run, Shapes
from gancore.io.atomic import atomic_folder, atomic_write
from gancore.io.paths import check_outputs
from gancore.lazy import installed, require
from gancore.training.config import OUTPUT

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

_EXTRA = "export"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Options of `export`."""

    model: str = positional(
        "Network to export: a name, or an .h5 file.", takes="FILE"
    )
    format: str = option(
        "onnx",
        "What to write: for ONNX Runtime, for LiteRT (TensorFlow Lite), or a "
        "TensorFlow SavedModel, which is a folder.",
        group=OUTPUT,
        choices=tuple(FORMATS),
    )
    output: str | None = option(
        None,
        "File or folder to write; by default it has the model's name and lies "
        "in the working directory.",
        group=OUTPUT,
        takes="FILE",
        was="to",
    )
    overwrite: bool = option(False, "Replace what is there.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        ending = FORMATS[self.format].ending
        if not self.is_folder and not self.target.name.endswith(ending):
            raise UserError(
                f"{self.target} does not end in {ending}, as --format "
                f"{self.format} has it"
            )

    @property
    def is_folder(self) -> bool:
        """Whether what is written is a folder."""
        return FORMATS[self.format].is_folder

    @property
    def target(self) -> Path:
        """The file or folder to write."""
        stem = Path(self.model).name.removesuffix(".h5")
        return Path(self.output or stem + FORMATS[self.format].ending)

    @property
    def beside(self) -> Path:
        """The JSON file beside it that tells what using it takes."""
        return self.target.with_name(self.target.name + ".json")

    def check(self) -> None:
        """Checks what can be known before the network is loaded.

        Raises:
            UserError: If a package is missing or something is in the way.
        """
        require(*FORMATS[self.format].writers, extra=_EXTRA)
        files = [self.beside] if self.is_folder else [self.beside, self.target]
        check_outputs(files, self.overwrite)
        if not (self.is_folder and self.target.exists()):
            return
        if not self.overwrite:
            raise UserError(
                f"{self.target} exists already; --overwrite replaces it"
            )
        if not (self.target / "saved_model.pb").is_file():
            raise UserError(
                f"{self.target} is no SavedModel and is not replaced by one"
            )


@dataclasses.dataclass(frozen=True)
class ExportCheck:
    """How what was written is compared with Keras.

    Attributes:
        difference: Runs it beside Keras; gives the largest difference.
        tolerance: Largest difference allowed.
        unit: What differences count.
    """

    difference: Callable[[Run], float]
    tolerance: float
    unit: str


def export(
    options: ExportOptions,
    network: keras.Model,
    shapes: Shapes,
    trial: ExportCheck,
    facts: dict[str, Any],
) -> None:
    """Writes a network, tries it in its runtime and tells what came out.

    Args:
        options: What to write, and where.
        network: One with inputs and outputs in dictionaries by their names.
        shapes: Their axes.
        trial: How it is compared with Keras.
        facts: What using it takes, for the JSON file beside it.

    Raises:
        FailedWork: If it cannot be written, does not run, or does not compute
            what Keras does; then nothing is left behind.
    """
    format, target = FORMATS[options.format], options.target
    whole = atomic_folder if format.is_folder else atomic_write
    with atomic_write(options.beside) as beside, whole(target) as partial:
        with _failures(f"{options.model} cannot be written as {target.name}"):
            format.write(network, partial, shapes)
        message = {
            "format": options.format,
            "inputs": _described(network.input, shapes),
            "outputs": _described(network.output, shapes),
            **_tried(format, partial, trial, options.model),
            **facts,
        }
        beside.write_text(
            json.dumps(message, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        size = _size(partial)
    print(
        f"Model saved to {target.resolve()}, {size / 1e6:.1f} MB, "
        f"and what using it takes to {options.beside.name}"
    )
    if "tried" in message:
        print(
            f"Run by {message['tried']['runtime']}: largest difference from "
            f"Keras {message['tried']['largest_difference']:.1e} {trial.unit}"
        )


def _tried(
    format: Format, path: Path, trial: ExportCheck, name: str
) -> dict[str, Any]:
    """Runs what was written beside Keras."""
    if not installed(format.runtime):
        logger.warning(
            f"{format.package} is not installed, so the file is not tried; "
            f'pip install "keras-textgan-srgan[{_EXTRA}]" brings it'
        )
        return {}
    version = format.version()
    with _failures(f"{name} does not run in {version}"):
        difference = trial.difference(format.open(path))
    if not difference <= trial.tolerance:
        raise RuntimeFailure(
            f"{name} differs by {difference:.2g} {trial.unit} from Keras in "
            f"{version}, more than {trial.tolerance:g}; nothing was written"
        )
    return {"tried": {"runtime": version, "largest_difference": difference}}


@contextlib.contextmanager
def _failures(what: str) -> Iterator[None]:
    try:
        yield
    except OSError:  # Of the disk, which `whole_file` knows to tell.
        raise
    # Converters and runtimes have errors of many kinds and no common one.
    except Exception as error:
        raise RuntimeFailure(f"{what}: {printable(error)}") from error


def _described(
    tensors: dict[str, keras.KerasTensor], shapes: Shapes
) -> dict[str, Any]:
    return {
        name: {"dtype": tensor.dtype, "shape": list(shapes[name])}
        for name, tensor in tensors.items()
    }


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
