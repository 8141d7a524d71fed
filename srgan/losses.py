"""How far an enlargement is from its original, as a loss."""

from __future__ import annotations

from typing import Any

import keras

ops = keras.ops


def pixel_loss(high: Any, original: Any) -> Any:
    """Mean absolute error.

    Lim et al. 2017 (EDSR), section 4.2, found it to reach a higher PSNR than
    the squared error.

    Args:
        high: Shape `(batch, height, width, 3)`, 0..255.
        original: The same shape and range.

    Returns:
        Scalar in grey levels, 0..255.
    """
    return ops.mean(ops.abs(high - original))
