"""Guards forbid just what they should."""

import numpy as np
import pytest

from textgan.data.vocabulary import END
from textgan.inference.logits_processors import NoRepeatNGram, NoVerbatimCopy


def forbidden(guard, *written):
    logits = np.zeros((len(written), 10))
    guard(logits, written)
    return [set(np.flatnonzero(np.isinf(row)).tolist()) for row in logits]


def test_no_run_stands_twice():
    assert forbidden(
        NoRepeatNGram(3),
        [5, 6, 7, 5, 6],
        [5, 6],
        [],
        [5, 5, 5],
        [5, 6, 8, 6, 5],
    ) == [{7}, set(), set(), {5}, set()]
    assert forbidden(NoRepeatNGram(1), [4, 5]) == [{4, 5}]
    # Behind "5 6" came 7 once and 8 once.
    assert forbidden(NoRepeatNGram(3), [5, 6, 7, 5, 6, 8, 5, 6]) == [{7, 8}]
    with pytest.raises(ValueError, match="less than 1"):
        NoRepeatNGram(0)


def test_a_known_text_must_go_on():
    guard = NoVerbatimCopy([[4, 5], [6]])
    assert forbidden(guard, [4, 5], [4], [6], [4, 5, 6]) == [
        {END}, set(), {END}, set(),
    ]  # fmt: skip
