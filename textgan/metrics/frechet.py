"""The Fréchet distance between two clouds of features."""

from __future__ import annotations

import numpy as np


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Measures how far two clouds lie apart, as Gaussians.

    The formula of FID; what the features are decides what the distance means,
    so name their encoder beside the number. It depends on how many rows there
    are, too.

    Args:
        first: Features, a row for each text, shape `(texts, features)`; more
            rows than features.
        second: The same number of features.

    Returns:
        Squared distance of the means plus the trace of
        `C1 + C2 - 2 (C1 C2)^(1/2)`, at least 0; 0 for equal clouds.

    Reference:
        - [Heusel et al. 2017](https://arxiv.org/abs/1706.08500), equation 6
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922),
          section 4, for texts
    """
    a, b = (np.asarray(cloud, dtype=np.float64) for cloud in (first, second))
    gap = a.mean(axis=0) - b.mean(axis=0)
    spread_a, spread_b = (np.cov(cloud, rowvar=False) for cloud in (a, b))
    # The root of a product of two covariances has the trace of the root of
    # R C2 R, where R is the root of C1, and that is symmetric.
    values, vectors = np.linalg.eigh(spread_a)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ spread_b @ root)
    overlap = np.sqrt(np.clip(shared, 0, None)).sum()
    distance = gap @ gap + np.trace(spread_a) + np.trace(spread_b) - 2 * overlap
    return max(float(distance), 0.0)
