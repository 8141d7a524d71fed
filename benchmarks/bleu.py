"""BLEU and self-BLEU against NLTK and fast-bleu, the same numbers.

Few texts, or NLTK would take hours; the last row is ten thousand of ours alone.

python benchmarks/bleu.py   (pip install -e ".[benchmark]")
"""

from __future__ import annotations

import time

import fast_bleu
import numpy as np
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from racing import options_of, publish, race, ratios, spread

from textgan.metrics.bleu import ORDERS, bleu, self_bleu

_FEW, _MANY, _WORDS, _LENGTH = 300, 10_000, 3_000, 11
_WEIGHTS = {n: [1 / n] * n for n in ORDERS}


def texts(count: int, seed: int) -> list[list[str]]:
    """Makes texts whose words are as unequally frequent as in a language."""
    random = np.random.default_rng(seed)
    ranks = random.zipf(1.3, (count, _LENGTH)) % _WORDS
    return [[f"w{rank}" for rank in row] for row in ranks]


def by_nltk(
    written: list[list[str]], real: list[list[str]]
) -> dict[int, float]:
    smooth = SmoothingFunction().method1
    weights = [tuple(_WEIGHTS[n]) for n in ORDERS]
    scores = [sentence_bleu(real, text, weights, smooth) for text in written]
    return dict(zip(ORDERS, np.mean(scores, axis=0).tolist(), strict=True))


def by_fast_bleu(
    written: list[list[str]], real: list[list[str]]
) -> dict[int, float]:
    scores = fast_bleu.BLEU(real, _WEIGHTS).get_score(written)
    return {n: float(np.mean(scores[n])) for n in ORDERS}


def self_by_fast_bleu(written: list[list[str]]) -> dict[int, float]:
    scores = fast_bleu.SelfBLEU(written, _WEIGHTS).get_score()
    return {n: float(np.mean(scores[n])) for n in ORDERS}


def self_by_nltk(written: list[list[str]]) -> dict[int, float]:
    parts = [
        by_nltk([text], written[:i] + written[i + 1 :])
        for i, text in enumerate(written)
    ]
    return {n: float(np.mean([part[n] for part in parts])) for n in ORDERS}


def main() -> None:
    parser = options_of(__doc__)
    parser.set_defaults(rounds=3)
    options = parser.parse_args()
    written, real = texts(_FEW, 1), texts(_FEW, 2)
    rows = []
    for title, ours, nltk, fast in (
        (
            f"BLEU-2..5, {_FEW} against {_FEW}",
            lambda: bleu(written, real),
            lambda: by_nltk(written, real),
            lambda: by_fast_bleu(written, real),
        ),
        (
            f"self-BLEU-2..5 of {_FEW}",
            lambda: self_bleu(written),
            lambda: self_by_nltk(written),
            lambda: self_by_fast_bleu(written),
        ),
    ):
        gap = max(abs(ours()[n] - nltk()[n]) for n in ORDERS)
        other = max(abs(fast()[n] - nltk()[n]) for n in ORDERS)
        seconds = race(
            {"ours": ours, "nltk": nltk, "fast": fast}, options.rounds
        )
        rows.append(
            {
                "": title,
                "times as fast as NLTK": spread(
                    ratios(seconds["nltk"], seconds["ours"]), 0
                ),
                "times as fast as fast-bleu": spread(
                    ratios(seconds["fast"], seconds["ours"]), 1
                ),
                "off NLTK": f"{gap:.0e}",
                "fast-bleu off NLTK": f"{other:.0e}",
            }
        )
    written, real = texts(_MANY, 1), texts(_MANY, 2)
    start = time.process_time()
    bleu(written, real)
    seconds_of_core = time.process_time() - start
    rows.append(
        {
            **dict.fromkeys(rows[0]),
            "": f"BLEU-2..5, {_MANY} against {_MANY}: "
            f"{seconds_of_core:.2f} s of one core",
        }
    )
    publish("bleu", rows, options.write)


if __name__ == "__main__":
    main()
