"""The Fréchet distance against SciPy and by hand."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from textgan.metrics.frechet import frechet_distance


def features(seed, rows=500, columns=12, shift=0.0):
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(columns, columns))
    return random.normal(size=(rows, columns)) @ mixing + shift


def test_it_is_the_formula_of_fid_with_scipys_root():
    a, b = features(0), features(1, 300, shift=0.5)
    gap = a.mean(0) - b.mean(0)
    c, d = np.cov(a.T), np.cov(b.T)
    expected = gap @ gap + np.trace(c + d - 2 * sqrtm(c @ d).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)


def test_a_shift_adds_its_square():
    a = features(2)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-8)
    assert frechet_distance(a, a + 0.5) == pytest.approx(12 * 0.25)


def test_constant_features():
    a = np.zeros((5, 3))
    assert frechet_distance(a, a + np.array([1, 2, 2])) == pytest.approx(9.0)
