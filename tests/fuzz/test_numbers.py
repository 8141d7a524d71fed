"""Samplers and scores, with numbers that nobody means."""

import math

import numpy as np

from textgan.data.dedup import group_near_duplicates
from textgan.inference.samplers import Greedy, Temperature, TopK, TopP
from textgan.metrics.bleu import bleu, self_bleu

LOGITS = (
    0.0, -0.0, 1.0, -1.0, 1e-40, 700.0, -700.0, 1e30, -1e30, 3.4e38, -3.4e38,
    -math.inf, -math.inf, 5.0, 2.5,
)  # fmt: skip
SAMPLERS = [
    Greedy(), Temperature(1.0), Temperature(1e-300), Temperature(1e300),
    TopK(1), TopK(2, 0.5), TopK(10**9), TopP(1.0), TopP(1e-300), TopP(0.5, 100),
    TopP(1 - 1e-16), TopP(0.9, 1e-320),
]  # fmt: skip


def test_samplers(fuzz, made):
    def check(case):
        sampler, rows, draw = case
        logits = np.array(rows, np.float32)
        logits[:, 0] = np.where(np.isinf(logits[:, 0]), 0, logits[:, 0])
        ids = sampler(logits, np.full(len(logits), draw))
        assert ids.shape == (len(logits),)
        for row, i in zip(logits, ids, strict=True):
            assert row[i] > -np.inf

    def drawn(chance):
        width = chance.randint(1, 6)
        rows = [chance.choices(LOGITS, k=width) for _ in range(2)]
        draw = chance.choice([0.0, 1 - 2**-53, 5e-324, chance.random()])
        return chance.choice(SAMPLERS), rows, draw

    fuzz(check, made(drawn))


def test_scores(fuzz, made):
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

    def texts(chance):
        return [
            chance.choices(["a", "b", "c", "", "\0"], k=chance.randrange(6))
            for _ in range(chance.randint(1, 4))
        ]

    drawn = made(lambda chance: (texts(chance), texts(chance)))
    fuzz(check, drawn)
