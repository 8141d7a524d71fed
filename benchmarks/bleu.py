"""BLEU and self-BLEU against NLTK and fast-bleu, with equal scores.

Few texts, as NLTK would take hours; the last row is this project alone, with
ten thousand.

python benchmarks/bleu.py   (pip install -e ".[benchmark]")
"""

from __future__ import annotations

import time

import fast_bleu
import numpy as np
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

from textgan.metrics.bleu import ORDERS, bleu, self_bleu

_FEW, _MANY, _WORDS, _LENGTH = 300, 10_000, 3_000, 11
_WEIGHTS = {n: [1 / n] * n for n in ORDERS}


def texts(count: int, seed: int) -> list[list[str]]:
    """Returns random texts with Zipf-distributed words."""
    random = np.random.default_rng(seed)
    ranks = random.zipf(1.3, (count, _LENGTH)) % _WORDS
    return [[f"w{rank}" for rank in row] for row in ranks]


def by_nltk(
    generated: list[list[str]], real: list[list[str]]
) -> dict[int, float]:
    smooth = SmoothingFunction().method1
    weights = [tuple(_WEIGHTS[n]) for n in ORDERS]
    scores = [sentence_bleu(real, text, weights, smooth) for text in generated]
    return dict(zip(ORDERS, np.mean(scores, axis=0).tolist(), strict=True))


def by_fast_bleu(
    generated: list[list[str]], real: list[list[str]]
) -> dict[int, float]:
    scores = fast_bleu.BLEU(real, _WEIGHTS).get_score(generated)
    return {n: float(np.mean(scores[n])) for n in ORDERS}


def self_by_fast_bleu(generated: list[list[str]]) -> dict[int, float]:
    scores = fast_bleu.SelfBLEU(generated, _WEIGHTS).get_score()
    return {n: float(np.mean(scores[n])) for n in ORDERS}


def self_by_nltk(generated: list[list[str]]) -> dict[int, float]:
    parts = [
        by_nltk([text], generated[:i] + generated[i + 1 :])
        for i, text in enumerate(generated)
    ]
    return {n: float(np.mean([part[n] for part in parts])) for n in ORDERS}


def main() -> None:
    parser = make_parser(__doc__)
    parser.set_defaults(rounds=3)
    options = parser.parse_args()
    generated, real = texts(_FEW, 1), texts(_FEW, 2)
    rows = []
    for title, ours, nltk, fast in (
        (
            f"BLEU-2..5, {_FEW} against {_FEW}",
            lambda: bleu(generated, real),
            lambda: by_nltk(generated, real),
            lambda: by_fast_bleu(generated, real),
        ),
        (
            f"self-BLEU-2..5 of {_FEW}",
            lambda: self_bleu(generated),
            lambda: self_by_nltk(generated),
            lambda: self_by_fast_bleu(generated),
        ),
    ):
        gap = max(abs(ours()[n] - nltk()[n]) for n in ORDERS)
        other = max(abs(fast()[n] - nltk()[n]) for n in ORDERS)
        seconds = time_alternately(
            {"ours": ours, "nltk": nltk, "fast": fast}, options.rounds
        )
        rows.append(
            {
                "": title,
                "times as fast as NLTK": median_and_range(
                    ratios(seconds["nltk"], seconds["ours"]), 0
                ),
                "times as fast as fast-bleu": median_and_range(
                    ratios(seconds["fast"], seconds["ours"]), 1
                ),
                "off NLTK": f"{gap:.0e}",
                "fast-bleu off NLTK": f"{other:.0e}",
            }
        )
    generated, real = texts(_MANY, 1), texts(_MANY, 2)
    start = time.process_time()
    bleu(generated, real)
    seconds_of_core = time.process_time() - start
    rows.append(
        {
            **dict.fromkeys(rows[0]),
            "": f"BLEU-2..5, {_MANY} against {_MANY}: "
            f"{seconds_of_core:.2f} s of one core",
        }
    )
    report("bleu", rows, options.write)


if __name__ == "__main__":
    main()
