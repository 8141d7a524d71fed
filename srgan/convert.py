"""The command `convert`: a legacy weights file to a plain Keras model."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from adversarial import __version__, runtime
from adversarial.command_line import check_ranges, option, positional
from adversarial.messages import UserError
from adversarial.options import OUTPUT
from adversarial.outputs import check_model_name, check_outputs


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertOptions:
    """Options of `python -m srgan convert`."""

    old: str = positional("Keras 2 weights file of an SRResNet.", takes="FILE")
    new: str = positional("The .h5 file to write.", takes="FILE")
    overwrite: bool = option(False, "Replace a file.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        check_model_name(self.new)


def run(options: ConvertOptions) -> int:
    """Writes an `.h5` that plain Keras loads and that names its origin."""
    old, new = Path(options.old), Path(options.new)
    if not old.is_file():
        raise UserError(f"there is no file {old} to convert")
    check_outputs([new], options.overwrite)
    runtime.start(0)

    from adversarial.checked_file import opened
    from adversarial.checkpoint import export_h5
    from srgan.legacy import is_legacy, read_legacy
    from srgan.loading import scale_of

    with opened(old) as checked:
        if not is_legacy(checked):
            raise UserError(
                f"{old} is no weights file of Keras 2 without an architecture; "
                "there is nothing to convert"
            )
        network = read_legacy(checked)
    scale = scale_of(network)
    export_h5(
        network,
        new,
        {
            "package": "srgan",
            "version": __version__,
            "scale": scale,
            "converted_from": old.name,
        },
    )
    print(f"Model saved to {new.resolve()}, x{scale}")
    return 0
