import pytest

from gancore.config_fields import from_flat
from gancore.errors import UserError
from textgan.commands.warm_start import initialize_generator
from textgan.config import Config
from textgan.models.build import build_gan
from textgan.presets import PRESETS
from textgan.training.stages import plan_stages


def test_stages_are_in_order_and_optional():
    config = Config(
        mle_epochs=2, discriminator_epochs=1, epochs=4, adversarial_epochs=3
    )
    stages = plan_stages(config, 10)
    assert [(p.name, p.epochs, p.steps) for p in stages] == [
        ("mle", 2, 20),
        ("discriminator", 1, 10),
        ("joint", 4, 40),
        ("adversarial", 3, 30),
    ]
    optimizers = {id(o) for p in stages for o in (p.g_optimizer, p.d_optimizer)}
    assert len(optimizers) == 8
    assert [p.name for p in plan_stages(Config(), 1)] == ["joint"]


@pytest.mark.parametrize("name", ["epochs", "mle_epochs"])
def test_learning_rate_decays_to_zero(name):
    counts = {"epochs": 0, "mle_epochs": 0, name: 2}
    config = Config(**counts, learning_rate=0.5)
    rate = plan_stages(config, 10)[0].g_optimizer
    for step, expected in ((0, 0.5), (10, 0.25), (20, 0.0)):
        rate.iterations.assign(step)
        assert float(rate.learning_rate) == pytest.approx(expected, abs=1e-6)


def test_paper_preset_matches_the_paper():
    """Zhang et al. 2017, section 4; the authors' code for the rest."""
    config = from_flat(Config, PRESETS["paper"])
    assert (config.units, config.embedding_dim, config.latent_dim) == (
        500, 300, 900,
    )  # fmt: skip
    # As many features as the code has dimensions.
    assert (
        len(config.discriminator_kernel_sizes) * config.discriminator_filters
        == 900
    )
    objective = plan_stages(config, 1)[-1].objective
    assert (objective.adversarial_loss, objective.soft_argmax_beta) == (
        "feature_matching",
        1_000.0,
    )
    gan = build_gan(config, initialize_generator(config, [["a"]])[0])
    assert gan.encoder.output_shape == (None, 900)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0},
        {"latent_dim": 4, "adversarial_loss": "reinforce"},
        {"adversarial_loss": "telepathy"},
        {"discriminator_kernel_sizes": (0,)},
    ],
)
def test_invalid_options_raise(changes):
    with pytest.raises(UserError):
        from_flat(Config, changes)
