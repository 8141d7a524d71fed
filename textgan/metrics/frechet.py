"""The Fréchet distance between two sets of features."""

from __future__ import annotations

import numpy as np


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the Fréchet distance of Gaussians fitted to two sets.

    The formula of FID. The distance depends on the encoder of the features
    and on the number of rows: report both with it.

    Args:
        first: Features of shape `(texts, features)`, more rows than columns.
        second: Features of the other set, with as many columns.

    Returns:
        Squared distance of the means plus the trace of
        `C1 + C2 - 2 (C1 C2)^(1/2)`, at least 0; 0 for equal sets.

    Reference:
        - [Heusel et al. 2017](https://arxiv.org/abs/1706.08500), equation 6
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922),
          section 4, for texts
    """
    a, b = (np.asarray(rows, dtype=np.float64) for rows in (first, second))
    gap = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = (np.cov(rows, rowvar=False) for rows in (a, b))
    # (C1 C2)^(1/2) has the trace of (R C2 R)^(1/2), where R = C1^(1/2), and
    # R C2 R is symmetric.
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ cov_b @ root)
    overlap = np.sqrt(np.clip(shared, 0, None)).sum()
    distance = gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap
    return max(float(distance), 0.0)
