import keras
import pytest

from gancore.config_fields import from_flat
from gancore.errors import UserError
from srgan.config import Config
from srgan.losses.config import LossConfig
from srgan.presets import PRESETS
from srgan.training.stages import plan_learning_rate, plan_stages


def rates(optimizer, *steps):
    values = []
    for step in steps:
        optimizer.iterations.assign(step)
        values.append(float(optimizer.learning_rate))
    return values


def test_pixel_stage_is_first_and_has_warmup_and_cosine_decay():
    config = Config(
        pixel_epochs=2, steps_per_epoch=50, warmup_steps=20, learning_rate=0.8
    )
    pixel, adversarial = plan_stages(config)
    assert not pixel.objective.adversarial
    assert not pixel.objective.perceptual_weight
    assert adversarial.objective == LossConfig()
    # Linear up to step 20, then half a cosine over the other 80.
    assert rates(pixel.g_optimizer, 0, 10, 20, 60, 100) == pytest.approx(
        [0.04, 0.42, 0.8, 0.4, 0.0], abs=1e-6
    )
    assert rates(adversarial.g_optimizer, 0, 100) == pytest.approx([1e-4, 1e-4])
    optimizers = {
        id(optimizer)
        for stage in (pixel, adversarial)
        for optimizer in (stage.g_optimizer, stage.d_optimizer)
    }
    assert len(optimizers) == 4


def test_stage_without_epochs_is_skipped():
    assert [s.name for s in plan_stages(Config(adversarial_epochs=0))] == [
        "pixel"
    ]
    assert [s.name for s in plan_stages(Config(pixel_epochs=0))] == [
        "adversarial"
    ]


def test_without_warmup_the_first_rate_is_the_peak():
    (pixel, _) = plan_stages(Config(warmup_steps=0, learning_rate=0.5))
    assert rates(pixel.g_optimizer, 0) == pytest.approx([0.5])


@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 5},
        {"scale": 3, "patch_size": 40},
        {"scale": 8, "patch_size": 16},
        {"pixel_epochs": 0, "adversarial_epochs": 0},
        {"adversarial_weight": 0.0, "perceptual_weight": 0.0},
        {"adversarial_weight": 0.0},
        {"feature_preprocessing": "tf"},
        {"feature_preprocessing": "tf", "features": "vgg19"},
        {"feature_layers": ("leaky1",), "perceptual_weight": 0.0},
        {"r1_weight": 1.0, "adversarial_epochs": 0},
        {"label_smoothing": 0.1, "adversarial_epochs": 0},
        {
            "adversarial_warmup_steps": 9,
            "adversarial_weight": 0.0,
            "features": "vgg19",
        },
        {"consistency_weight": 1.0, "degradation": "blind"},
        {"scale": 8, "validation_size": 24},
        {"discriminator": "unet", "patch_size": 60},
        {"discriminator": "unet", "scale": 3, "validation_size": 64},
        {"monitor": "perceptual"},
        {"diversity": 1.0},
        {"adversarial_loss": "hinge", "label_smoothing": 0.1},
        {"schedule": "sine"},
    ],
)
def test_invalid_combinations_are_rejected(changes):
    with pytest.raises(UserError):
        from_flat(Config, changes)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [8.0, 8.0, 8.0, 8.0, 8.0]),
        ("halving", [8.0, 4.0, 2.0, 1.0, 0.5]),
        ("halving_evenly", [8.0, 8.0, 4.0, 2.0, 0.5]),
        ("tenth_at_half", [8.0, 8.0, 8.0, 0.8, 0.8]),
    ],
)
def test_schedules_against_hand_computed_rates(schedule, expected):
    """Rates after 0, 15, 30, 60 and 90 of 100 steps."""
    optimizer = keras.optimizers.Adam(plan_learning_rate(8.0, 100, schedule))
    assert rates(optimizer, 0, 15, 30, 60, 90) == pytest.approx(expected)


def test_paper_preset_has_the_hyperparameters_of_the_paper():
    """Ledig et al. 2017, section 3.2 and figure 4."""
    config = from_flat(Config, PRESETS["paper"])
    pixel, adversarial = plan_stages(config)
    assert pixel.epochs * config.steps_per_epoch == 1_000_000
    assert adversarial.epochs * config.steps_per_epoch == 200_000
    assert rates(pixel.g_optimizer, 0, 999_999) == pytest.approx([1e-4, 1e-4])
    for optimizer in (adversarial.g_optimizer, adversarial.d_optimizer):
        steps = rates(optimizer, 0, 99_999, 100_001, 199_999)
        assert steps == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5])
    assert (config.batch_size, config.patch_size) == (16, 96)
    assert pixel.objective.pixel_loss == "mse"
    terms = adversarial.objective
    assert (terms.pixel_weight, terms.adversarial_weight) == (0.0, 1e-3)
    assert config.feature_scale == pytest.approx(1 / 12.75)
    assert not config.pre_activation


def test_presets_are_valid_configurations():
    for name, changes in PRESETS.items():
        config = from_flat(Config, changes)
        assert plan_stages(config), name
    esrgan = from_flat(Config, PRESETS["esrgan"])
    assert (esrgan.ema_decay, esrgan.batch_norm) == (0.999, False)
    assert esrgan.pre_activation
    assert esrgan.losses.adversarial_loss == "relativistic"
    # Wang et al. 2018, section 4.1.
    pixel, adversarial = plan_stages(esrgan)
    halved = [200_000, 400_000, 600_000, 800_000]
    assert rates(pixel.g_optimizer, 0, *(n + 1 for n in halved)) == (
        pytest.approx([2e-4 / 2**i for i in range(5)])
    )
    halved = [50_000, 100_000, 200_000, 300_000]
    assert rates(adversarial.g_optimizer, 0, *(n + 1 for n in halved)) == (
        pytest.approx([1e-4 / 2**i for i in range(5)])
    )


def test_perceptual_loss_without_adversarial_loss():
    """SRResNet-VGG22 of Ledig et al. 2017, section 3.4."""
    config = Config(losses=LossConfig(adversarial_weight=0.0), features="vgg19")
    terms = plan_stages(config)[-1].objective
    assert terms.perceptual_weight and not terms.adversarial


def test_clip_norm_0_disables_clipping():
    (stage, _) = plan_stages(Config(clip_norm=0.0))
    assert stage.g_optimizer.global_clipnorm is None


def test_error_suggests_a_valid_size():
    with pytest.raises(UserError, match="try 126"):
        Config(scale=3, patch_size=128)
    with pytest.raises(UserError, match=r"multiple of 24.*U-Net; try 96"):
        Config(scale=3, discriminator="unet", patch_size=99, validation_size=96)
