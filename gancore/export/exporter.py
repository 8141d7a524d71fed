"""Exports a network to ONNX, LiteRT or SavedModel and verifies the result."""

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
    """Options of `python -m textgan export` and `python -m srgan export`."""

    model: str = positional(
        "Model to export: name of pretrained weights, or an .h5 file.",
        takes="FILE",
    )
    format: str = option(
        "onnx",
        "Format to write: for ONNX Runtime, for LiteRT (TensorFlow Lite), or "
        "a TensorFlow SavedModel, which is a folder.",
        group=OUTPUT,
        choices=tuple(FORMATS),
    )
    output: str | None = option(
        None,
        "File or folder to write; without it, one named after the model, in "
        "the working directory.",
        group=OUTPUT,
        takes="FILE",
        was="to",
    )
    overwrite: bool = option(False, "Replace existing files.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        ending = FORMATS[self.format].ending
        if not self.is_folder and not self.target.name.endswith(ending):
            raise UserError(
                f"{self.target} does not end in {ending}, the ending of "
                f"--format {self.format}"
            )

    @property
    def is_folder(self) -> bool:
        """Whether the format is a folder."""
        return FORMATS[self.format].is_folder

    @property
    def target(self) -> Path:
        """The file or folder to write."""
        stem = Path(self.model).name.removesuffix(".h5")
        return Path(self.output or stem + FORMATS[self.format].ending)

    @property
    def metadata_path(self) -> Path:
        """The JSON file beside it, with what inference needs."""
        return self.target.with_name(self.target.name + ".json")

    def check(self) -> None:
        """Checks what is known before the network is loaded.

        Raises:
            UserError: If a package is missing or a file exists already.
        """
        require(*FORMATS[self.format].writers, extra=_EXTRA)
        files = [self.metadata_path]
        if not self.is_folder:
            files.append(self.target)
        check_outputs(files, self.overwrite)
        if not (self.is_folder and self.target.exists()):
            return
        if not self.overwrite:
            raise UserError(
                f"{self.target} exists already; --overwrite replaces it"
            )
        if not (self.target / "saved_model.pb").is_file():
            raise UserError(
                f"{self.target} is not a SavedModel and is not replaced; "
                "choose another --output"
            )


@dataclasses.dataclass(frozen=True)
class ExportCheck:
    """How an export is compared with Keras.

    Attributes:
        max_difference: Runs the export and the network on the same inputs;
            returns the maximum absolute difference of their outputs.
        tolerance: Largest difference allowed.
        unit: Unit of the difference, for messages.
    """

    max_difference: Callable[[Run], float]
    tolerance: float
    unit: str


def export(
    options: ExportOptions,
    network: keras.Model,
    shapes: Shapes,
    check: ExportCheck,
    metadata: dict[str, Any],
) -> None:
    """Writes a network, runs it in its runtime and compares it with Keras.

    Prints where it was saved and the maximum difference from Keras.

    Args:
        options: Format and path.
        network: Model whose inputs and outputs are dictionaries by name.
        shapes: Axes of each input and output.
        check: How the export is compared with Keras.
        metadata: What inference needs, for the JSON file beside the export.

    Raises:
        RuntimeFailure: If it cannot be written, does not run, or differs from
            Keras by more than the tolerance; no file is left then.
    """
    format, target = FORMATS[options.format], options.target
    write = atomic_folder if format.is_folder else atomic_write
    with (
        atomic_write(options.metadata_path) as metadata_path,
        write(target) as partial,
    ):
        with _failures(f"{options.model} cannot be written as {target.name}"):
            format.write(network, partial, shapes)
        facts = {
            "format": options.format,
            "inputs": _describe(network.input, shapes),
            "outputs": _describe(network.output, shapes),
            **_verify(format, partial, check, options.model),
            **metadata,
        }
        metadata_path.write_text(
            json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        size = _size(partial)
    print(
        f"Model saved to {target.resolve()}, {size / 1e6:.1f} MB, "
        f"and its metadata to {options.metadata_path.name}"
    )
    if "tried" in facts:
        print(
            f"Verified in {facts['tried']['runtime']}: maximum difference "
            f"from Keras {facts['tried']['largest_difference']:.1e} "
            f"{check.unit}"
        )


def _verify(
    format: Format, path: Path, check: ExportCheck, name: str
) -> dict[str, Any]:
    """Compares an export with Keras, if its runtime is installed."""
    if not installed(format.runtime):
        logger.warning(
            f"{format.package} is not installed, so the export is not "
            f'verified; pip install "keras-textgan-srgan[{_EXTRA}]" installs '
            "it"
        )
        return {}
    version = format.version()
    with _failures(f"{name} does not run in {version}"):
        difference = check.max_difference(format.open(path))
    if not difference <= check.tolerance:
        raise RuntimeFailure(
            f"{name} differs by {difference:.2g} {check.unit} from Keras in "
            f"{version}, more than {check.tolerance:g}; nothing was written"
        )
    return {"tried": {"runtime": version, "largest_difference": difference}}


@contextlib.contextmanager
def _failures(message: str) -> Iterator[None]:
    """Converts errors of converters and runtimes to one of a user."""
    try:
        yield
    except OSError:  # Of the disk; `atomic_write` reports it.
        raise
    # They have no common base class.
    except Exception as error:
        raise RuntimeFailure(f"{message}: {printable(error)}") from error


def _describe(
    tensors: dict[str, keras.KerasTensor], shapes: Shapes
) -> dict[str, Any]:
    return {
        name: {"dtype": tensor.dtype, "shape": list(shapes[name])}
        for name, tensor in tensors.items()
    }


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
