"""The command `convert`: rewrites an `.h5` so that every Keras loads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gancore import __version__
from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError
from gancore.io.paths import check_model_name, check_outputs
from gancore.training import tf_setup
from gancore.training.config import OUTPUT

if TYPE_CHECKING:
    import keras

    from gancore.saving.safe_h5 import CheckedFile

# Reads a network from a file, given the file's metadata.
Reader = Callable[["CheckedFile", dict[str, Any]], "keras.Model"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertOptions:
    """Options of `python -m textgan convert` and `python -m srgan convert`."""

    old: str = positional(
        "The .h5 file of version 0.1, or any other that the package loads.",
        takes="FILE",
    )
    new: str = positional("The .h5 file to write.", takes="FILE")
    overwrite: bool = option(False, "Replace an existing file.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        check_model_name(self.new)


def convert(
    options: ConvertOptions,
    read: Callable[[], Reader],
    describe: Callable[[keras.Model], dict[str, Any]],
    package: str,
) -> int:
    """Writes an `.h5` that every Keras loads, with metadata.

    Args:
        options: Options of the command.
        read: Returns the function that reads the network; called after
            TensorFlow was set up.
        describe: Returns metadata for a network whose file has none.
        package: `textgan` or `srgan`; files of the other one are refused.

    Returns:
        0.

    Raises:
        UserError: If there is no such file, it holds no network of the
            package, or it is in this format already.
    """
    old, new = Path(options.old), Path(options.new)
    if not old.is_file():
        raise UserError(f"there is no file {old} to convert")
    check_outputs([new], options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.saving.h5_weights import is_portable
    from gancore.saving.model_io import get_metadata, save_h5
    from gancore.saving.safe_h5 import open_checked

    with open_checked(old) as checked:
        metadata = get_metadata(checked)
        if is_portable(checked.file):
            raise UserError(
                f"every Keras loads {old} already; there is nothing to convert"
            )
        if metadata.get("package", package) != package:
            raise UserError(
                f"{old} is a file of {metadata['package']}; convert it with "
                f"python -m {metadata['package']} convert"
            )
        network = read()(checked, metadata)
    if not metadata:
        metadata = {
            "package": package,
            "version": __version__,
            **describe(network),
        }
    save_h5(network, new, {**metadata, "converted_from": old.name})
    print(f"Model saved to {new.resolve()}")
    return 0
