import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from nltk.tokenize import NLTKWordTokenizer

from textgan.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from textgan.metrics.kneser_ney import KneserNey


def random_rows(count, words, seed):
    """Builds texts in which some tokens often follow others."""
    random = np.random.default_rng(seed)
    probs = 1.0 / np.arange(1, words + 1) ** 1.3
    probs /= probs.sum()
    rows = []
    for _ in range(count):
        drawn = random.choice(words, random.integers(1, 9), p=probs)
        rows.append([START, *map(int, 4 + np.cumsum(7 * drawn) % words), END])
    return rows


def reference_nll(rows, size, order):
    """Implements Chen and Goodman's recursion literally."""
    counts = [Counter() for _ in range(order + 1)]
    for row in rows:
        for n in range(1, order + 1):
            for i in range(len(row) - n + 1):
                counts[n][tuple(row[i : i + n])] += 1
    for n in range(1, order):
        before = Counter(gram[1:] for gram in counts[n + 1])
        counts[n] = Counter(
            {
                gram: count if gram[0] == START else before[gram]
                for gram, count in counts[n].items()
            }
        )
    after = defaultdict(Counter)
    discounts = {}
    for n in range(1, order + 1):
        for gram, count in counts[n].items():
            if gram[-1] != START:
                after[gram[:-1]][gram[-1]] = count
        kinds = Counter(c for g, c in counts[n].items() if g[-1] != START and c)
        y = kinds[1] / (kinds[1] + 2 * kinds[2])
        discounts[n] = [0.0] + [
            i - (i + 1) * y * kinds[i + 1] / kinds[i] for i in (1, 2, 3)
        ]

    def probability(word, context):
        known = after.get(context, Counter())
        total = sum(known.values())
        shorter = (
            probability(word, context[1:]) if context else 1.0 / (size - 2)
        )
        if not total:
            return shorter
        d = discounts[len(context) + 1]
        own = known[word] - d[min(known[word], 3)]
        saved = sum(d[min(count, 3)] for count in known.values())
        return own / total + saved / total * shorter

    return lambda row: [
        -math.log(probability(row[i], tuple(row[max(0, i - order + 1) : i])))
        for i in range(1, len(row))
    ]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_it_is_the_recursion_of_the_paper(order):
    rows = random_rows(2_000, 6_000, 1)
    other = [*random_rows(50, 6_500, 2), [START, END], [START, UNKNOWN, END]]
    expected = reference_nll(rows, 6_600, order)
    ours = KneserNey(rows, 6_600, order).nll(other)
    theirs = np.concatenate([expected(row) for row in other])
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("texts", [1, 5, 400])
def test_probabilities_sum_to_1(order, texts):
    rows = random_rows(texts, 60, 1)
    model = KneserNey(rows, 90, order)
    for context in ([], rows[0][1:3], [89, 5], [4, 4, 4]):
        each = [
            [START, *context, w] for w in range(90) if w not in (PAD, START)
        ]
        last = model.nll(each).reshape(len(each), -1)[:, -1]
        assert np.exp(-last).sum() == pytest.approx(1.0, abs=1e-9)


def test_texts_may_be_shorter_than_the_ngrams():
    rows = [[START, 4, 5, 6, END], [START, 4, END], [START, END]]
    for texts in (rows, rows[1:], rows[2:]):
        model = KneserNey(texts, 9, 4)
        words = [word for word in range(9) if word not in (PAD, START)]
        each = [[START, 4, word] for word in words]
        last = model.nll(each).reshape(len(each), -1)[:, -1]
        assert np.exp(-last).sum() == pytest.approx(1.0, abs=1e-9)


def test_captions_of_the_benchmark(outside):
    """Published: 4.29 nats per token on the test captions for a 3-gram.

    That is with one discount per order; three are slightly better.
    """
    split = NLTKWordTokenizer().tokenize
    train, test = (
        [
            split(line.lower())
            for line in outside(f"data/text/coco/{name}.txt")
            .read_text("utf-8")
            .splitlines()
        ]
        for name in ("image_coco", "test_coco")
    )
    vocabulary = Vocabulary.build(train, 10_000)
    train, test = (
        [[START, *vocabulary.encode(text), END] for text in texts]
        for texts in (train, test)
    )
    assert len(vocabulary) - 4 == 4659
    nll = KneserNey(train, len(vocabulary), 3).nll(test)
    assert nll.mean() == pytest.approx(4.286, abs=0.05)
    assert nll.mean() < 4.286
