import numpy as np
import pytest

from srgan.data.dead_leaves import _power_law, dead_leaves


def test_the_seed_determines_the_image():
    one = dead_leaves(64, 3)
    assert one.shape == (64, 64, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, dead_leaves(64, 3))
    assert (one != dead_leaves(64, 4)).mean() > 0.9


def test_sizes_follow_the_power_law():
    random = np.random.default_rng(0)
    radii = np.array([_power_law(random, 5, 80) for _ in range(20_000)])
    assert 5 <= radii.min() < radii.max() <= 80
    # The share above r is (r**-2 - 80**-2) / (5**-2 - 80**-2).
    for radius in (7, 10, 20, 40):
        share = (radius**-2 - 80**-2) / (5**-2 - 80**-2)
        assert (radii > radius).mean() == pytest.approx(share, abs=0.01)


def test_statistics_are_those_of_photographs():
    """Natural images have a power spectrum near 1/f**2 (Field 1987)."""
    slopes = []
    for seed in range(4):
        gray = dead_leaves(128, seed).mean(axis=-1)
        window = np.outer(np.hanning(128), np.hanning(128))
        power = np.abs(np.fft.fft2((gray - gray.mean()) * window)) ** 2
        frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(128)] * 2))
        band = (frequency > 0.03) & (frequency < 0.3)
        slopes.append(
            np.polyfit(np.log(frequency[band]), np.log(power[band] + 1), 1)[0]
        )
    assert -3 < np.mean(slopes) < -1.5


def test_edges_are_smooth():
    """Anti-aliased edges leave steps of every height between pixels."""
    image = dead_leaves(128, 1).astype(int)
    steps = np.abs(np.diff(image[..., 1], axis=1)).ravel()
    seen = np.bincount(steps, minlength=200)[1:100]
    assert (seen > 0).all()
