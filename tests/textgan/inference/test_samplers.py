"""Samplers against probabilities computed by hand."""

import numpy as np
import pytest

from textgan.inference.samplers import Greedy, Temperature, TopK, TopP

LOGITS = np.log([[0.5, 0.3, 0.15, 0.05]])


def draw(sampler, count=20_000):
    draws = np.random.default_rng(1).random(count)
    ids = sampler(np.repeat(LOGITS, count, axis=0), draws)
    return np.bincount(ids, minlength=4) / count


def test_greedy_takes_the_most_likely():
    np.testing.assert_array_equal(draw(Greedy()), [1, 0, 0, 0])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (TopP(), [0.5, 0.3, 0.15, 0.05]),
        # The most likely two reach 0.8, so a third is needed for 0.81.
        (TopP(0.79), [0.625, 0.375, 0, 0]),
        (TopP(0.81), np.array([0.5, 0.3, 0.15, 0]) / 0.95),
        (TopP(0.01), [1, 0, 0, 0]),
        # Temperature 1/2 squares the probabilities.
        (TopP(temperature=0.5), np.array([25, 9, 2.25, 0.25]) / 36.5),
        (TopP(temperature=1e-4), [1, 0, 0, 0]),
        (TopP(temperature=1e-320), [1, 0, 0, 0]),
        (TopP(temperature=1e300), [0.25, 0.25, 0.25, 0.25]),
        # After the temperature the most likely two reach 34 of 36.5.
        (TopP(0.9, 0.5), np.array([25, 9, 0, 0]) / 34),
        (Temperature(), [0.5, 0.3, 0.15, 0.05]),
        (Temperature(0.5), np.array([25, 9, 2.25, 0.25]) / 36.5),
        (TopK(1), [1, 0, 0, 0]),
        (TopK(3), np.array([0.5, 0.3, 0.15, 0]) / 0.95),
        (TopK(2, 0.5), np.array([25, 9, 0, 0]) / 34),
        (TopK(99), [0.5, 0.3, 0.15, 0.05]),
    ],
)
def test_samplers_draw_the_right_probabilities(sampler, expected):
    # 20,000 draws: a standard error of at most 0.0035.
    np.testing.assert_allclose(draw(sampler), expected, atol=0.015)


@pytest.mark.parametrize("sampler", [Temperature(), TopK(3), TopP(0.9), TopP()])
def test_masked_tokens_are_never_drawn(sampler):
    logits = np.array([[-np.inf, 0.0, -np.inf, 0.0]] * 5000)
    draws = np.random.default_rng(0).random(5000)
    assert set(sampler(logits, draws)) == {1, 3}


def test_a_large_nucleus_is_complete():
    """More tokens than are sorted first."""
    logits = np.zeros((2, 1_000))
    logits[1, 7] = 50.0
    kept = {int(TopP(0.5)(logits, np.full(2, d))[0]) for d in DRAWS}
    assert len(kept) == 500
    assert {int(TopP(0.5)(logits, np.full(2, d))[1]) for d in DRAWS} == {7}


DRAWS = np.linspace(0, 1, 3_000, endpoint=False)


@pytest.mark.parametrize(
    ("sampler", "arguments"),
    [
        (TopP, {"p": 0}),
        (TopP, {"p": 1.1}),
        (TopP, {"temperature": 0}),
        (TopK, {"k": 0}),
        (Temperature, {"temperature": -1}),
    ],
)
def test_arguments_out_of_range_are_refused(sampler, arguments):
    with pytest.raises(ValueError, match=r"not|less"):
        sampler(**arguments)
