"""Beam search against exhaustive search."""

import itertools

import numpy as np
import pytest

from textgan.inference.beam_search import beam_search
from textgan.inference.logits_processors import NoRepeatNGram

END, TOKENS, MAX_LENGTH = 0, 4, 4


@pytest.fixture
def chain():
    """Log probabilities of a Markov chain: transitions, and first token."""
    random = np.random.default_rng(3)
    log_probs = np.log(random.dirichlet(np.ones(TOKENS), TOKENS + 1))
    return log_probs[:TOKENS], log_probs[TOKENS]


def search(chain, **options):
    after, first = chain

    def step(ids, state):
        (seen,) = state
        return after[ids], [seen + 1]

    options = {"end_id": END, "max_length": MAX_LENGTH, **options}
    return beam_search(step, first, [np.zeros(1)], **options)


def exhaustive(chain, penalty):
    after, first = chain
    for length in range(MAX_LENGTH):
        for text in itertools.product(range(1, TOKENS), repeat=length):
            ids = [*text, END]
            total = first[ids[0]]
            total += sum(after[a, b] for a, b in itertools.pairwise(ids))
            yield total / len(ids) ** penalty, list(text)
    for text in itertools.product(range(1, TOKENS), repeat=MAX_LENGTH):
        total = first[text[0]]
        total += sum(after[a, b] for a, b in itertools.pairwise(text))
        yield total / MAX_LENGTH**penalty, list(text)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_enough_beams_find_the_best_texts(chain, penalty):
    num_beams = TOKENS ** (MAX_LENGTH + 1)
    found = search(chain, num_beams=num_beams, length_penalty=penalty)
    best = sorted(exhaustive(chain, penalty), reverse=True)[:10]
    assert [text for _, text in found[:10]] == [text for _, text in best]
    np.testing.assert_allclose(
        [score for score, _ in found[:10]], [score for score, _ in best]
    )


def test_one_beam_is_greedy(chain):
    after, first = chain
    ids = [int(first[1:].argmax()) + 1]
    while len(ids) < MAX_LENGTH:
        ids.append(int(after[ids[-1], 1:].argmax()) + 1)
    texts = [text for _, text in search(chain, num_beams=1)]
    assert texts[0] == ids[: len(texts[0])]


def test_a_text_without_an_end_is_cut(chain):
    after, first = chain
    after[:, END] = first[END] = -np.inf
    assert {len(text) for _, text in search(chain, num_beams=3)} == {MAX_LENGTH}


def test_logits_processors_see_the_prompt_and_every_beam(chain):
    prompt = [2, 3]
    num_beams = TOKENS ** (MAX_LENGTH + 1)
    found = search(
        chain,
        num_beams=num_beams,
        logits_processors=[NoRepeatNGram(2)],
        prompt_ids=prompt,
    )

    def repeats(text):
        pairs = list(itertools.pairwise([*prompt, *text]))
        return len(set(pairs)) < len(pairs)

    texts = [text for _, text in sorted(exhaustive(chain, 1.0), reverse=True)]
    expected = [text for text in texts if not repeats(text)]
    assert [text for _, text in found[:10]] == expected[:10]
    assert expected[:10] != texts[:10]
