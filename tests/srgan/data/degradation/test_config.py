import numpy as np
import pytest

from gancore.errors import UserError
from srgan.data.degradation.config import (
    SECOND_PASS,
    BlindSettings,
    PassSettings,
)


def test_settings_are_checked():
    for wrong, name in (
        (dict(jpeg_quality=(95, 30)), "jpeg_quality"),
        (dict(jpeg_quality=(30.0, 95.0)), "jpeg_quality"),
        (dict(blur_sigma=(0.0, 3.0)), "blur_sigma"),
        (dict(resize_factor=(1.1, 1.5)), "resize_factor"),
        (dict(up_keep_down=(0.5, 0.1, 0.1)), "up_keep_down"),
        (dict(grey_probability=1.1), "grey_probability"),
    ):
        with pytest.raises(UserError, match=f"^{name} is "):
            PassSettings(**wrong)
    with pytest.raises(UserError, match="kernel_shares is"):
        BlindSettings(kernel_shares=(1.0,))


def test_the_settings_are_the_published_ones():
    """Wang et al. 2021, section 4.1, where the two passes differ."""
    assert BlindSettings().first == PassSettings()
    assert BlindSettings().second == SECOND_PASS
    assert PassSettings().blur_sigma == (0.2, 3.0)
    assert SECOND_PASS.blur_sigma == (0.2, 1.5)
    assert PassSettings().poisson_scale == (0.05, 3.0)
    assert SECOND_PASS.poisson_scale == (0.05, 2.5)
    assert PassSettings().jpeg_quality == SECOND_PASS.jpeg_quality == (30, 95)
    kinds = BlindSettings().kernel_shares
    families = [sum(kinds[i : i + 2]) for i in (0, 2, 4)]
    np.testing.assert_allclose(families, [0.7, 0.15, 0.15])
