"""Refuses models whose detail a self-ensemble would blur."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gancore.errors import InvalidInput
from gancore.saving.model_io import get_metadata
from gancore.saving.safe_h5 import open_checked
from srgan.inference.load import PRETRAINED, find_weights


def check_self_ensemble(name_or_path: str | Path) -> None:
    """Checks that a model was not trained against a discriminator.

    A GAN invents detail that differs from flip to flip, so that the mean of
    several outputs is blurred. A file of this project says how it was trained;
    of others nothing is known.

    Args:
        name_or_path: Argument of `srgan.load`.

    Raises:
        InvalidInput: If it was.
        UserError: If there is no such file, or it is damaged.
    """
    if _is_adversarial(_metadata(name_or_path)):
        raise InvalidInput(
            f"{name_or_path} was trained against a discriminator: the detail "
            "that it invents would be blurred by a self-ensemble; use a model "
            "trained with a pixel loss, or no self-ensemble"
        )


def _metadata(name_or_path: str | Path) -> dict[str, Any]:
    with open_checked(find_weights(name_or_path)) as checked:
        return get_metadata(checked)


def _is_adversarial(metadata: dict[str, Any]) -> bool:
    """Checks the epoch after which a model was saved, or of what it is mixed.

    The loss of the discriminator is 0 in epochs that train none.
    """
    scores = metadata.get("scores", {})
    if scores.get("discrim_loss") or scores.get("val_discrim_loss"):
        return True
    mixed = metadata.get("interpolated_from")
    for origin in mixed if isinstance(mixed, list) else ():
        if not isinstance(origin, dict):
            continue
        found = origin.get("provenance")
        if not isinstance(found, dict) and origin.get("model") in PRETRAINED:
            found = _metadata(origin["model"])
        if isinstance(found, dict) and _is_adversarial(found):
            return True
    return False
