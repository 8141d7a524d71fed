"""Adversarial losses against the equations of their papers, in numpy."""

import keras
import numpy as np
import pytest

from gancore import losses

REAL = np.array([[1.5], [-0.5], [0.25]], "float32")
FAKE = np.array([[-2.0], [0.5], [0.0]], "float32")


KINDS = ("vanilla", "relativistic", "hinge", "least_squares")


def cross_entropy(logits, target):
    """Binary cross-entropy, by its definition."""
    p = 1 / (1 + np.exp(-logits.astype("float64")))
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


def expected_discriminator(kind, real_target):
    if kind == "vanilla":
        return (
            cross_entropy(REAL, real_target).mean()
            + cross_entropy(FAKE, 0).mean()
        )
    if kind == "relativistic":
        real, fake = REAL - FAKE.mean(), FAKE - REAL.mean()
        return (
            cross_entropy(real, real_target).mean()
            + cross_entropy(fake, 0).mean()
        )
    if kind == "hinge":
        return np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean()
    return ((REAL - real_target) ** 2).mean() + (FAKE**2).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_discriminator_loss(kind):
    np.testing.assert_allclose(
        losses.discriminator_loss(REAL, FAKE, kind),
        expected_discriminator(kind, 1.0),
        rtol=1e-6,
    )


@pytest.mark.parametrize("kind", KINDS[:2] + KINDS[3:])
def test_label_smoothing_changes_the_target_of_real_only(kind):
    np.testing.assert_allclose(
        losses.discriminator_loss(REAL, FAKE, kind, smoothing=0.1),
        expected_discriminator(kind, 0.9),
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("vanilla", cross_entropy(FAKE, 1)),
        ("hinge", -FAKE),
        ("least_squares", (FAKE - 1) ** 2),
        (
            "relativistic",
            cross_entropy(FAKE - REAL.mean(), 1)
            + cross_entropy(REAL - FAKE.mean(), 0),
        ),
    ],
)
def test_generator_loss_per_example(kind, expected):
    loss = losses.generator_loss(FAKE, REAL, kind)
    np.testing.assert_allclose(loss, expected[:, 0], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_maps_of_logits_are_averaged_and_gradients_have_the_right_sign(kind):
    ops = keras.ops
    real, fake = np.ones((2, 4, 4, 1)), np.zeros((2, 4, 4, 1))
    assert losses.generator_loss(fake, real, kind).shape == (2,)
    assert losses.discriminator_loss(real, fake, kind).shape == ()
    # Both losses fall where the logits are right.
    assert ops.mean(losses.generator_loss(fake + 1, real, kind)) < ops.mean(
        losses.generator_loss(fake, real, kind)
    )
    assert losses.discriminator_loss(
        real, fake, kind
    ) < losses.discriminator_loss(fake, real, kind)


def test_gradient_penalty_is_half_the_mean_squared_norm():
    gradients = np.array([[[3.0, 4.0]], [[0.0, 1.0]]], "float32")
    assert float(losses.gradient_penalty(gradients)) == pytest.approx(
        (25 + 1) / 2 / 2
    )
