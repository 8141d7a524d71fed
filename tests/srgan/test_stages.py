import pytest

from adversarial.messages import UserError
from srgan.config import Config
from srgan.stages import plan_stages


def rates(optimizer, *steps):
    values = []
    for step in steps:
        optimizer.iterations.assign(step)
        values.append(float(optimizer.learning_rate))
    return values


def test_the_pixel_stage_comes_first_and_its_rate_rises_and_falls():
    config = Config(
        pixel_epochs=2, steps_per_epoch=50, warmup_steps=20, learning_rate=0.8
    )
    pixel, judged = plan_stages(config)
    assert (pixel.adversarial_weight, judged.adversarial_weight) == (0.0, 0.5)
    # A line up to step 20, then half a cosine over the other 80.
    assert rates(pixel.g_optimizer, 0, 10, 20, 60, 100) == pytest.approx(
        [0.04, 0.42, 0.8, 0.4, 0.0], abs=1e-6
    )
    assert rates(judged.g_optimizer, 0, 100) == pytest.approx([1e-4, 1e-4])
    optimizers = {
        id(optimizer)
        for stage in (pixel, judged)
        for optimizer in (stage.g_optimizer, stage.d_optimizer)
    }
    assert len(optimizers) == 4


def test_a_stage_without_epochs_is_left_out():
    assert [s.name for s in plan_stages(Config(adversarial_epochs=0))] == [
        "pixel loss"
    ]
    assert [s.name for s in plan_stages(Config(pixel_epochs=0))] == [
        "adversarial"
    ]


def test_no_warm_up_begins_at_the_full_rate():
    (pixel, _) = plan_stages(Config(warmup_steps=0, learning_rate=0.5))
    assert rates(pixel.g_optimizer, 0) == pytest.approx([0.5])


@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 5},
        {"scale": 3, "patch_size": 40},
        {"scale": 8, "patch_size": 16},
        {"pixel_epochs": 0, "adversarial_epochs": 0},
        {"adversarial_weight": 0.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(UserError):
        Config(**changes)
