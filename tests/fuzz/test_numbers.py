"""Samplers and scores, with numbers that nobody means."""

import math

import numpy as np
from hypothesis import strategies as st

from textgan.measuring.bleu import bleu, self_bleu
from textgan.near_duplicates import group_near_duplicates
from textgan.sampling import Greedy, Temperature, TopK, TopP

LOGITS = (
    0.0, -0.0, 1.0, -1.0, 1e-40, 700.0, -700.0, 1e30, -1e30, 3.4e38, -3.4e38,
    -math.inf, -math.inf, 5.0, 2.5,
)  # fmt: skip
SAMPLERS = [
    Greedy(), Temperature(1.0), Temperature(1e-300), Temperature(1e300),
    TopK(1), TopK(2, 0.5), TopK(10**9), TopP(1.0), TopP(1e-300), TopP(0.5, 100),
    TopP(1 - 1e-16), TopP(0.9, 1e-320),
]  # fmt: skip


def test_samplers(fuzz):
    def check(case):
        sampler, rows, draw = case
        width = min(map(len, rows))
        logits = np.array([row[:width] for row in rows], np.float32)
        logits[:, 0] = np.where(np.isinf(logits[:, 0]), 0, logits[:, 0])
        ids = sampler(logits, np.full(len(logits), draw))
        assert ids.shape == (len(logits),)
        for row, i in zip(logits, ids, strict=True):
            assert row[i] > -np.inf

    fuzz(
        check,
        st.tuples(
            st.sampled_from(SAMPLERS),
            st.lists(
                st.lists(st.sampled_from(LOGITS), min_size=1, max_size=6),
                min_size=1,
                max_size=2,
            ),
            st.floats(0, 1, exclude_max=True),
        ),
    )


def test_scores(fuzz):
    texts = st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "", "\0"]), max_size=5),
        min_size=1,
        max_size=4,
    )

    def check(case):
        ours, theirs = case
        scores = [*bleu(ours, theirs).values()]
        if len(ours) > 1:
            scores += self_bleu(ours).values()
        assert all(0 <= score <= 1 for score in scores)
        groups = group_near_duplicates(ours)
        assert sorted(i for group in groups for i in group) == [
            *range(len(ours))
        ]

    fuzz(check, st.tuples(texts, texts))
