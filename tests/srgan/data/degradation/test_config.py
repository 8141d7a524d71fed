import numpy as np
import pytest

from gancore.errors import UserError
from srgan.data.degradation.config import (
    SECOND_PASS,
    DegradationConfig,
    DegradationPassConfig,
)


def test_values_are_checked():
    for wrong, name in (
        (dict(jpeg_quality=(95, 30)), "jpeg_quality"),
        (dict(jpeg_quality=(30.0, 95.0)), "jpeg_quality"),
        (dict(blur_sigma=(0.0, 3.0)), "blur_sigma"),
        (dict(resize_factor=(1.1, 1.5)), "resize_factor"),
        (dict(up_keep_down=(0.5, 0.1, 0.1)), "up_keep_down"),
        (dict(gray_probability=1.1), "gray_probability"),
    ):
        with pytest.raises(UserError, match=f"^{name} is "):
            DegradationPassConfig(**wrong)
    with pytest.raises(UserError, match="kernel_shares is"):
        DegradationConfig(kernel_shares=(1.0,))


def test_the_defaults_are_the_published_ones():
    """Wang et al. 2021, section 4.1, where the two passes differ."""
    assert DegradationConfig().first == DegradationPassConfig()
    assert DegradationConfig().second == SECOND_PASS
    assert DegradationPassConfig().blur_sigma == (0.2, 3.0)
    assert SECOND_PASS.blur_sigma == (0.2, 1.5)
    assert DegradationPassConfig().poisson_scale == (0.05, 3.0)
    assert SECOND_PASS.poisson_scale == (0.05, 2.5)
    assert (
        DegradationPassConfig().jpeg_quality
        == SECOND_PASS.jpeg_quality
        == (30, 95)
    )
    kinds = DegradationConfig().kernel_shares
    families = [sum(kinds[i : i + 2]) for i in (0, 2, 4)]
    np.testing.assert_allclose(families, [0.7, 0.15, 0.15])
