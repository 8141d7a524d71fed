"""Beam search against trying everything."""

import itertools

import numpy as np
import pytest

from textgan.inference.beam_search import beam_search
from textgan.inference.logits_processors import NoRepeatNGram

END, WORDS, LONGEST = 0, 4, 4


@pytest.fixture
def chain():
    """Log probabilities of each word after each, and of the first."""
    random = np.random.default_rng(3)
    logs = np.log(random.dirichlet(np.ones(WORDS), WORDS + 1))
    return logs[:WORDS], logs[WORDS]


def search(chain, **knobs):
    after, first = chain

    def step(ids, state):
        (seen,) = state
        return after[ids], [seen + 1]

    settings = {"end": END, "max_length": LONGEST, **knobs}
    return beam_search(step, first, [np.zeros(1)], **settings)


def everything(chain, penalty):
    after, first = chain
    for length in range(LONGEST):
        for text in itertools.product(range(1, WORDS), repeat=length):
            ids = [*text, END]
            total = first[ids[0]]
            total += sum(after[a, b] for a, b in itertools.pairwise(ids))
            yield total / len(ids) ** penalty, list(text)
    for text in itertools.product(range(1, WORDS), repeat=LONGEST):
        total = first[text[0]]
        total += sum(after[a, b] for a, b in itertools.pairwise(text))
        yield total / LONGEST**penalty, list(text)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_beam_that_holds_all_finds_the_best(chain, penalty):
    width = WORDS ** (LONGEST + 1)
    found = search(chain, width=width, length_penalty=penalty)
    best = sorted(everything(chain, penalty), reverse=True)[:10]
    assert [text for _, text in found[:10]] == [text for _, text in best]
    np.testing.assert_allclose(
        [score for score, _ in found[:10]], [score for score, _ in best]
    )


def test_a_beam_of_one_is_greedy(chain):
    after, first = chain
    ids = [int(first[1:].argmax()) + 1]
    while len(ids) < LONGEST:
        ids.append(int(after[ids[-1], 1:].argmax()) + 1)
    texts = [text for _, text in search(chain, width=1)]
    assert texts[0] == ids[: len(texts[0])]


def test_what_has_no_end_is_cut(chain):
    after, first = chain
    after[:, END] = first[END] = -np.inf
    assert {len(text) for _, text in search(chain, width=3)} == {LONGEST}


def test_logits_processors_see_the_prompt_and_every_beam(chain):
    prompt = [2, 3]
    width = WORDS ** (LONGEST + 1)
    found = search(
        chain, width=width, logits_processors=[NoRepeatNGram(2)], prompt=prompt
    )

    def repeats(text):
        pairs = list(itertools.pairwise([*prompt, *text]))
        return len(set(pairs)) < len(pairs)

    texts = [text for _, text in sorted(everything(chain, 1.0), reverse=True)]
    expected = [text for text in texts if not repeats(text)]
    assert [text for _, text in found[:10]] == expected[:10]
    assert expected[:10] != texts[:10]
