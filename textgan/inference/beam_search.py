"""Beam search, with a length penalty and logits processors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from textgan.inference.logits_processors import LogitsProcessor

Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]


def beam_search(
    step: Step,
    log_probs: np.ndarray,
    state: Any,
    *,
    end_id: int,
    num_beams: int,
    max_length: int,
    length_penalty: float = 1.0,
    logits_processors: Sequence[LogitsProcessor] = (),
    prompt_ids: Sequence[int] = (),
) -> list[tuple[float, list[int]]]:
    """Finds likely texts by beam search.

    Args:
        step: Takes ids of shape `(beams,)` and a state; returns the log
            probabilities of the next token, shape `(beams, vocabulary_size)`,
            and the new state, a list of arrays with one row per beam.
        log_probs: Log probabilities of the first token, shape
            `(vocabulary_size,)`.
        state: State before the first token, a list of arrays of one row.
        end_id: Id of the token that ends a text.
        num_beams: Number of beams.
        max_length: Longest text in tokens, end token not counted.
        length_penalty: Exponent of the length, end token counted, by which a
            text's log probability is divided. 0.0 favors short texts.
        logits_processors: Applied to the log probabilities of each step.
        prompt_ids: Ids before the first token, passed to the processors.

    Returns:
        Up to `num_beams` pairs of a score and the ids without the end token,
        the highest score first.

    Reference:
        - [Wu et al. 2016](https://arxiv.org/abs/1609.08144), section 7, with
          a plain power of the length
    """
    beams: list[list[int]] = [[]]
    totals = np.zeros(1)
    log_probs = log_probs[None].copy()
    finished: list[tuple[float, list[int]]] = []
    for length in range(1, max_length + 1):
        for processor in logits_processors:
            processor(log_probs, [[*prompt_ids, *ids] for ids in beams])
        # The end token competes with the other tokens: of 2 * num_beams
        # candidates at most one per beam ends.
        scores = totals[:, None] + log_probs
        best = np.argsort(-scores, axis=None, kind="stable")[: 2 * num_beams]
        rows, tokens = np.unravel_index(best, scores.shape)
        kept: list[tuple[int, int]] = []
        for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
            score = scores[row, token]
            if not np.isfinite(score):
                break
            if token == end_id:
                finished.append((score / length**length_penalty, beams[row]))
            elif len(kept) < num_beams:
                kept.append((row, token))
        if not kept:
            break
        parents = [row for row, _ in kept]
        totals = np.array([scores[row, token] for row, token in kept])
        beams = [[*beams[row], token] for row, token in kept]
        state = [array[parents] for array in state]
        if length < max_length:
            ids = np.array([token for _, token in kept])
            log_probs, state = step(ids, state)
    else:
        # Beams without an end token are cut at `max_length`.
        cut = totals / max_length**length_penalty
        finished += zip(cut.tolist(), beams, strict=True)
    return sorted(finished, key=lambda pair: -pair[0])[:num_beams]
