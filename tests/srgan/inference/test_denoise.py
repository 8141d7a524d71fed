"""The strength of denoising mixes photo weights with clean ones."""

import numpy as np
import pytest

from srgan import Generator, ImageUpscaler
from srgan.evaluation.degraded import add_noise, flat_field_noise
from srgan.inference.denoise import CLEAN_PARTNERS
from srgan.inference.interpolation import interpolate
from srgan.inference.load import load
from srgan.inference.upscale import upscale

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
GRAY = np.full((8, 9, 3), 128, np.uint8)


@pytest.mark.integration
@pytest.mark.parametrize("name", CLEAN_PARTNERS)
def test_more_denoising_leaves_less_noise(name):
    noise = []
    ends = load(CLEAN_PARTNERS[name]), load(name)
    for strength in STRENGTHS:
        model = interpolate(*ends, strength)
        noise.append(
            flat_field_noise(lambda lr, by=model: upscale(lr, by), size=40)
        )
    assert noise == sorted(noise, reverse=True)
    assert noise[-1] < 0.4 * noise[0]


def test_weights_are_mixed():
    mixed = ImageUpscaler.from_preset("photo-x2", denoise=0.25).model
    for clean, photo, found in zip(
        load("compact-x2").get_weights(),
        load("photo-x2").get_weights(),
        mixed.get_weights(),
        strict=True,
    ):
        expected = 0.75 * clean + 0.25 * photo
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.integration
def test_upscale_denoises_and_remembers_the_strength():
    noisy = add_noise(GRAY, 10, np.random.default_rng(0))
    found = [upscale(noisy, "photo-x2", denoise=by) for by in (0, 1, None)]
    np.testing.assert_array_equal(found[0], upscale(noisy, "compact-x2"))
    np.testing.assert_array_equal(found[1], found[2])
    assert found[1].std() < found[0].std()


def test_other_models_and_strengths_are_refused():
    for name in ("compact-x4", "compact-x4-gan", "runs/model.h5"):
        with pytest.raises(ValueError, match=f"not for {name}, which has no"):
            load(name, denoise=0.5)
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"not in 0\.\.1"):
            load("photo-x4", denoise=wrong)
    with pytest.raises(ValueError, match="not a loaded model"):
        upscale(GRAY, Generator(2, blocks=1, filters=2), denoise=1)
