"""BLEU against NLTK, one text at a time, and against published tables."""

import time

import numpy as np
import pytest
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from textgan.metrics.bleu import bleu, self_bleu


def random_texts(count, words, seed, shortest=1):
    random = np.random.default_rng(seed)
    probs = 1 / np.arange(1, words + 1)
    return [
        [
            f"w{i}"
            for i in random.choice(
                words, random.integers(shortest, 14), p=probs / probs.sum()
            )
        ]
        for _ in range(count)
    ]


def by_nltk(hypothesis, references, n):
    return sentence_bleu(
        references,
        hypothesis,
        weights=[1 / n] * n,
        smoothing_function=SmoothingFunction().method1,
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("words", [4, 40, 400])
def test_bleu_is_nltks(words):
    hypotheses = [*random_texts(60, words, 0), ["unheard", "of"], ["w0"]]
    references = random_texts(50, words, 1)
    ours = bleu(hypotheses, references, (1, 2, 3, 4, 5))
    for n, value in ours.items():
        theirs = np.mean([by_nltk(h, references, n) for h in hypotheses])
        assert value == pytest.approx(theirs, abs=1e-9), n


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("words", [4, 40, 400])
def test_self_bleu_is_nltks_with_each_text_left_out(words):
    texts = random_texts(60, words, 2)
    # Twice the same, and lengths of which there is one only.
    texts += [texts[0], ["w1"] * 20, ["w0"] * 25]
    ours = self_bleu(texts, (2, 3, 4, 5))
    for n, value in ours.items():
        theirs = np.mean(
            [
                by_nltk(text, texts[:i] + texts[i + 1 :], n)
                for i, text in enumerate(texts)
            ]
        )
        assert value == pytest.approx(theirs, abs=1e-9), n


def test_an_empty_text_has_bleu_0():
    assert bleu([[], ["a", "b"]], [["a", "b"]], (2,))[2] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="both sides"):
        bleu([], [["a"]])
    with pytest.raises(ValueError, match="two texts"):
        self_bleu([["a"]])


def test_ten_thousand_texts_take_seconds():
    """At most 3 s of one core on an idle machine; 15 on a busy one."""
    texts = random_texts(20_000, 5_000, 3)
    start = time.process_time()
    bleu(texts[:10_000], texts[10_000:])
    assert time.process_time() - start < 15


# README of https://github.com/geek-ai/Texygen: test BLEU-2 to 5, self-BLEU-2
# to 5 of the published samples of each model.
PUBLISHED = {
    "mle": ([0.731, 0.497, 0.305, 0.189], [0.916, 0.769, 0.583, 0.408]),
    "seq": ([0.745, 0.498, 0.294, 0.180], [0.950, 0.840, 0.670, 0.489]),
    "maligan": ([0.673, 0.432, 0.257, 0.159], [0.918, 0.781, 0.606, 0.437]),
    "rank": ([0.743, 0.467, 0.264, 0.156], [0.959, 0.882, 0.762, 0.618]),
    "leakgan": ([0.746, 0.528, 0.355, 0.230], [0.966, 0.913, 0.848, 0.780]),
    "textgan": ([0.593, 0.463, 0.277, 0.207], [0.942, 0.931, 0.804, 0.746]),
}


@pytest.mark.slow
def test_the_published_tables_are_reproduced(outside):
    split = NLTKWordTokenizer().tokenize

    def read(name):
        lines = outside(f"data/text/{name}").read_text("utf-8").splitlines()
        return [split(line.strip().lower()) for line in lines]

    references = read("coco/test_coco.txt")
    for name, (test, own) in PUBLISHED.items():
        samples = read(f"texygen_samples/{name}.txt")
        # The table has three digits, and was rounded down here and there.
        assert list(bleu(samples, references).values()) == pytest.approx(
            test, abs=1.05e-3
        ), name
        assert list(self_bleu(samples).values()) == pytest.approx(
            own, abs=1.05e-3
        ), name
