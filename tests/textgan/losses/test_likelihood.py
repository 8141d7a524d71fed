"""MMD against its definition."""

import numpy as np
import pytest
import tensorflow as tf

from textgan.losses.likelihood import mmd

RANDOM = np.random.default_rng(0)
FIRST = RANDOM.normal(size=(5, 3)).astype("f")
SECOND = RANDOM.normal(1.0, 2.0, size=(7, 3)).astype("f")


def kernel(a, b, widths):
    gap = ((a - b) ** 2).sum()
    return sum(np.exp(-gap / (2 * w * w)) for w in widths)


def test_mmd_matches_its_definition():
    widths = (0.5, 2.0, 20.0)

    def mean(a, b):
        return np.mean([kernel(x, y, widths) for x in a for y in b])

    expected = mean(FIRST, FIRST) + mean(SECOND, SECOND)
    expected -= 2 * mean(FIRST, SECOND)
    assert float(mmd(FIRST, SECOND, widths)) == pytest.approx(
        expected, rel=1e-4
    )
    assert float(mmd(FIRST, FIRST, widths)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.integration
def test_minimizing_mmd_matches_two_samples():
    """Quantiles are compared, which outliers do not affect."""
    target = tf.constant(RANDOM.normal(2.0, 0.5, size=(64, 2)), tf.float32)
    sample = tf.Variable(tf.random.stateless_normal((64, 2), (1, 2)))
    optimizer = tf.keras.optimizers.Adam(0.05)
    for _ in range(400):
        with tf.GradientTape() as tape:
            loss = mmd(sample, target, (0.5, 1.0, 2.0, 4.0, 8.0))
        optimizer.apply([tape.gradient(loss, sample)], [sample])
    ours, theirs = (np.quantile(c, (0.25, 0.5, 0.75), axis=0) for c in
                    (sample.numpy(), target.numpy()))  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=0.2)
