"""Beam search: the likeliest texts, as far as a few at a time can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from textgan.inference.logits_processors import LogitsProcessor

Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]


def beam_search(
    step: Step,
    first: np.ndarray,
    state: Any,
    *,
    end: int,
    width: int,
    max_length: int,
    length_penalty: float = 1.0,
    logits_processors: Sequence[LogitsProcessor] = (),
    prompt: Sequence[int] = (),
) -> list[tuple[float, list[int]]]:
    """Finds likely texts, the `width` likeliest beginnings at a time.

    Args:
        step: Takes ids of shape `(beams,)` and a state, and gives the log
            probabilities of the next word, shape `(beams, vocabulary_size)`,
            and the new state, a list of arrays with a row for each beam.
        first: Log probabilities of the first word, `(vocabulary_size,)`.
        state: The state before the first word, a list of arrays of one row.
        end: The id that ends a text.
        width: Beams.
        max_length: Longest text, `end` not counted.
        length_penalty: A text's log probability is divided by its length,
            `end` counted, to this power; 0 favours short texts.
        logits_processors: Forbid words, whatever their probability.
        prompt: Ids before the first word, which guards see.

    Returns:
        Up to `width` pairs of a score and the ids without `end`, best first.

    Reference:
        - [Wu et al. 2016](https://arxiv.org/abs/1609.08144), section 7, with
          a plain power of the length
    """
    texts: list[list[int]] = [[]]
    totals = np.zeros(1)
    logs = first[None].copy()
    found: list[tuple[float, list[int]]] = []
    for length in range(1, max_length + 1):
        for guard in logits_processors:
            guard(logs, [[*prompt, *text] for text in texts])
        # Ends of the beams compete with the other words for a place.
        scores = totals[:, None] + logs
        best = np.argsort(-scores, axis=None, kind="stable")[: 2 * width]
        rows, words = np.unravel_index(best, scores.shape)
        kept: list[tuple[int, int]] = []
        for row, word in zip(rows.tolist(), words.tolist(), strict=True):
            score = scores[row, word]
            if not np.isfinite(score):
                break
            if word == end:
                found.append((score / length**length_penalty, texts[row]))
            elif len(kept) < width:
                kept.append((row, word))
        if not kept:
            break
        parents = [row for row, _ in kept]
        totals = np.array([scores[row, word] for row, word in kept])
        texts = [[*texts[row], word] for row, word in kept]
        state = [array[parents] for array in state]
        if length < max_length:
            logs, state = step(np.array([word for _, word in kept]), state)
    else:
        # What has no end by now is cut.
        cut = totals / max_length**length_penalty
        found += zip(cut.tolist(), texts, strict=True)
    return sorted(found, key=lambda pair: -pair[0])[:width]
