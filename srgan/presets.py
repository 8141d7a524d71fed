"""Published training recipes, as changes to the defaults of `Config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The first is the default, sized for a CPU: the defaults of `Config`.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "compact": {},
    # Ledig et al. 2017, section 3.2 and figure 4. The paper's pixel loss
    # is of pixels in -1..1, which with Adam differs only by its epsilon.
    "paper": {
        "patch_size": 96,
        "batch_size": 16,
        "blocks": 16,
        "filters": 64,
        "batch_norm": True,
        "compact": False,
        "discriminator_width": 1.0,
        "ema_decay": 0.0,
        "clip_norm": 0.0,
        "pixel_loss": "mse",
        "steps_per_epoch": 1_000,
        "pixel_epochs": 1_000,
        "learning_rate": 1e-4,
        "schedule": "constant",
        "warmup_steps": 0,
        "adversarial_epochs": 200,
        "adversarial_learning_rate": 1e-4,
        "adversarial_schedule": "tenth_at_half",
        "features": "vgg19",
        "feature_scale": 1 / 12.75,
        "perceptual_loss": "mse",
        "perceptual_weight": 1.0,
        "pixel_weight": 0.0,
        "adversarial_weight": 1e-3,
    },
    # Wang et al. 2018 (ESRGAN), sections 3.2, 3.3 and 4.1, with the residual
    # blocks of this project in place of dense ones. The paper's VGG19 has
    # other weights than Keras'; the SRGAN paper's scale brings its features to
    # the same order of magnitude.
    "esrgan": {
        "patch_size": 128,
        "batch_size": 16,
        "blocks": 16,
        "filters": 64,
        "compact": False,
        "discriminator_width": 1.0,
        "ema_decay": 0.999,
        "clip_norm": 0.0,
        "pixel_loss": "l1",
        "steps_per_epoch": 1_000,
        "pixel_epochs": 1_000,
        "learning_rate": 2e-4,
        "schedule": "halving_evenly",
        "warmup_steps": 0,
        "adversarial_epochs": 400,
        "adversarial_learning_rate": 1e-4,
        "adversarial_schedule": "halving",
        "features": "vgg19",
        "pre_activation": True,
        "feature_scale": 1 / 12.75,
        "perceptual_loss": "l1",
        "perceptual_weight": 1.0,
        "pixel_weight": 1e-2,
        "adversarial_loss": "relativistic",
        "adversarial_weight": 5e-3,
    },
}
