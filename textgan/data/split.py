"""The split of texts into a training and a validation set."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from textgan.data.dedup import group_near_duplicates

logger = logging.getLogger(__name__)

GROUPED, RANDOM = "grouped", "random"


def split(
    texts: Sequence[list[str]],
    validation_fraction: float,
    seed: int,
    own: int | None = None,
    how: str = GROUPED,
) -> tuple[list[int], list[int]]:
    """Splits texts at random, near-duplicates on the same side.

    A warning says why the validation set is smaller than asked for.

    Args:
        texts: Tokenized texts, at least two.
        validation_fraction: Fraction to validate on, rounded up; less where a
            group of near-duplicates does not fit in.
        seed: Seeds the split.
        own: Number of first texts that the validation set is drawn from; all
            by default. Others that are near-duplicates of a validation text
            are dropped.
        how: `grouped`, or `random` to ignore near-duplicates.

    Returns:
        Sorted indices of the training and of the validation texts.
    """
    own = len(texts) if own is None else own
    wanted = own - max(int(own * (1 - validation_fraction)), 1)
    if how == RANDOM:
        groups = [[i] for i in range(own)]
    else:
        # Groups are in order of their first text.
        groups = [g for g in group_near_duplicates(texts) if g[0] < own]
    excluded: set[int] = set()
    valid: list[int] = []
    for g in np.random.default_rng(seed).permutation(len(groups)):
        members = [i for i in groups[g] if i < own]
        if len(valid) + len(members) <= wanted:
            valid += members
            excluded.update(groups[g])
    if len(valid) < wanted:
        largest = max(sum(i < own for i in group) for group in groups)
        logger.warning(
            f"the validation set has {len(valid):,} texts, not the {wanted:,} "
            f"asked for: near-duplicates stay together, and {largest:,} of the "
            f"{own:,} texts are one group of them, as texts of one template "
            f"are; --split {RANDOM} ignores near-duplicates"
        )
    train = [i for i in range(len(texts)) if i not in excluded]
    return train, sorted(valid)
