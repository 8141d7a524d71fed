"""The command `interpolate`: interpolates the weights of two networks."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

from gancore import __version__
from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError
from gancore.io.paths import check_model_name, check_outputs
from gancore.training import tf_setup
from gancore.training.config import OUTPUT


@dataclasses.dataclass(frozen=True, kw_only=True)
class InterpolateOptions:
    """Options of `python -m srgan interpolate`."""

    model_a: str = positional(
        "Model that alpha 0 gives: name of pretrained weights, or an .h5 file.",
        takes="FILE",
    )
    model_b: str = positional(
        "Model that alpha 1 gives, of the same architecture.", takes="FILE"
    )
    out: str = positional("The .h5 file to write.", takes="FILE")
    # 0.8 as in the demo of Wang et al. 2018.
    alpha: float = option(
        0.8,
        "Weight of MODEL_B; that of MODEL_A is 1 - alpha.",
        group="interpolation",
        low=0.0,
        high=1.0,
    )
    overwrite: bool = option(False, "Replace an existing file.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        check_model_name(self.out)


def run(options: InterpolateOptions) -> int:
    """Writes the interpolated network with the provenance of both."""
    out = Path(options.out)
    check_outputs([out], options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import save_h5
    from srgan.inference.interpolation import interpolate
    from srgan.inference.load import load, scale_of

    sources = (options.model_a, options.model_b)
    network_a, network_b = map(load, sources)
    model = interpolate(network_a, network_b, options.alpha)
    scale = scale_of(model)
    save_h5(
        model,
        out,
        {
            "package": "srgan",
            "version": __version__,
            "scale": scale,
            "alpha": options.alpha,
            "interpolated_from": [_origin(source) for source in sources],
        },
    )
    print(f"Model saved to {out.resolve()}, x{scale}")
    return 0


def _origin(source: str) -> dict[str, Any]:
    """Returns the name of a network and, of a file, its provenance."""
    from gancore.saving.model_io import read_metadata

    path = Path(source)
    origin: dict[str, Any] = {"model": path.name}
    if path.is_file():
        # Files of other projects have no provenance.
        with contextlib.suppress(UserError):
            origin["provenance"] = read_metadata(path)
    return origin
