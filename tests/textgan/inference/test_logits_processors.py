"""Tokens that each logits processor masks."""

import numpy as np
import pytest

from textgan.data.vocabulary import END
from textgan.inference.logits_processors import NoRepeatNGram, NoVerbatimCopy


def masked(processor, *texts):
    logits = np.zeros((len(texts), 10))
    processor(logits, texts)
    return [set(np.flatnonzero(np.isinf(row)).tolist()) for row in logits]


def test_no_ngram_repeats():
    assert masked(
        NoRepeatNGram(3),
        [5, 6, 7, 5, 6],
        [5, 6],
        [],
        [5, 5, 5],
        [5, 6, 8, 6, 5],
    ) == [{7}, set(), set(), {5}, set()]
    assert masked(NoRepeatNGram(1), [4, 5]) == [{4, 5}]
    # 7 and 8 both came after "5 6".
    assert masked(NoRepeatNGram(3), [5, 6, 7, 5, 6, 8, 5, 6]) == [{7, 8}]
    with pytest.raises(ValueError, match="less than 1"):
        NoRepeatNGram(0)


def test_a_blocked_text_cannot_end():
    processor = NoVerbatimCopy([[4, 5], [6]])
    assert masked(processor, [4, 5], [4], [6], [4, 5, 6]) == [
        {END}, set(), {END}, set(),
    ]  # fmt: skip
