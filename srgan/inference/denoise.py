"""Strength of denoising: photo weights, mixed with those for clean images."""

from __future__ import annotations

from pathlib import Path

from gancore.errors import InvalidInput

# Weights for photographs, and those for clean images that they were
# warm-started from: between them, a network removes less.
CLEAN_PARTNERS = {"photo-x4": "compact-x4", "photo-x2": "compact-x2"}


def clean_partner(model: str | Path, denoise: float) -> str:
    """Finds the weights that photo weights are mixed with.

    Args:
        model: Name of the photo weights.
        denoise: Share of the photo weights, in [0, 1].

    Returns:
        Name of the weights for clean images.

    Raises:
        InvalidInput: If the share is out of range, or there are no such
            weights.
    """
    if not 0 <= denoise <= 1:
        raise InvalidInput(f"denoise is {denoise}, not in 0..1")
    if str(model) not in CLEAN_PARTNERS:
        raise InvalidInput(
            f"denoise is for the pretrained {' and '.join(CLEAN_PARTNERS)}, "
            f"not for {model}, which has no partner to be mixed with; leave it "
            "out"
        )
    return CLEAN_PARTNERS[str(model)]
