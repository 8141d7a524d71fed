"""Training and validation sets without near-duplicates across the two."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from srgan.data.dedup import ImageInfo, group_near_duplicates

Images = dict[Path, ImageInfo]


def random_split(
    images: Images, fraction: float, seed: int
) -> tuple[Images, Images]:
    """Splits images at random; near-duplicates stay on one side.

    Args:
        images: All images.
        fraction: Share of the validation set, of the groups of
            near-duplicates; at least one group unless it is 0, and never all.
        seed: Seeds the split.

    Returns:
        Training and validation set.
    """
    groups = group_near_duplicates(
        [info.fingerprint for info in images.values()]
    )
    count = max(1, round(len(groups) * fraction)) if fraction else 0
    order = np.random.default_rng(seed).permutation(len(groups))
    paths = list(images)
    chosen = order[: min(count, len(groups) - 1)]
    validation = {paths[i] for group in chosen for i in groups[group]}
    return (
        {path: info for path, info in images.items() if path not in validation},
        {path: info for path, info in images.items() if path in validation},
    )


def find_leaks(train: Images, valid: Images) -> set[Path]:
    """Finds validation images that are near-duplicates of training images."""
    images = {**train, **valid}
    paths = list(images)
    leaks: set[Path] = set()
    for group in group_near_duplicates(
        [info.fingerprint for info in images.values()]
    ):
        if group[0] < len(train):
            leaks.update(paths[i] for i in group if i >= len(train))
    return leaks
