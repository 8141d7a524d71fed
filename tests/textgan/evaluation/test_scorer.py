import numpy as np
import pytest
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from textgan.evaluation.scorer import DIGITS, TextScorer
from textgan.evaluation.tokenizers import TOKENIZERS, tokenize_all

SUBJECTS = "cat dog man girl bird horse".split()
VERBS = "sees likes hears wants".split()


def texts(count, seed):
    random = np.random.default_rng(seed)
    pick = random.choice
    return [
        f"The {pick(SUBJECTS)} {pick(VERBS)} a {pick(SUBJECTS)}, "
        f"and it {pick(VERBS)} the {pick(SUBJECTS)}."
        for _ in range(count)
    ]


def word_counts(texts):
    """A plain encoder: counts of each word."""
    words = [*SUBJECTS, *VERBS]
    return np.array([[text.count(w) for w in words] for text in texts], float)


@pytest.fixture(scope="module")
def scorer():
    return TextScorer(
        texts(300, 1), texts(300, 2), word_counts, encoder="counts"
    )


def test_tokenizers():
    text = 'A man isn\'t "here", at 5 p.m.'
    assert TOKENIZERS["treebank"](text) == (
        "a man is n't `` here '' , at 5 p.m .".split()
    )
    assert TOKENIZERS["word"](text)[:4] == ["a", "man", "isn't", '"']
    assert TOKENIZERS["spaces"]("A  b.") == ["a", "b."]
    assert TOKENIZERS["char"]("A b") == ["a", " ", "b"]


def test_bleu_is_nltks_and_all_columns_are_there(scorer):
    generated = texts(40, 3)
    scores = scorer.score(generated)
    references = tokenize_all(texts(300, 2), "treebank")
    smooth = SmoothingFunction().method1
    theirs = np.mean(
        [
            sentence_bleu(references, text, [1 / 3] * 3, smooth)
            for text in tokenize_all(generated, "treebank")
        ]
    )
    assert scores["BLEU-3"] == pytest.approx(theirs, abs=1e-9)
    assert scores["texts"] == 40
    assert scores["words"] == 12
    assert set(scores) == set(DIGITS)


def test_worse_texts_score_worse(scorer):
    good = scorer.score(texts(300, 3))
    random = np.random.default_rng(1)
    shuffled = [" ".join(random.permutation(t.split())) for t in texts(300, 3)]
    assert scorer.score(shuffled)["BLEU-4"] < good["BLEU-4"] - 0.1
    assert scorer.score(shuffled)["reverse ppl"] > 1.5 * good["reverse ppl"]
    one = scorer.score(texts(1, 3) * 300)
    assert one["self-BLEU-4"] == pytest.approx(1.0)
    assert one["unique %"] == pytest.approx(100 / 300)
    assert one["Frechet"] > 10 * good["Frechet"]
    assert one["reverse ppl"] > 3 * good["reverse ppl"]


def test_copies_are_found_and_reference_texts_are_scored(scorer):
    assert scorer.score(texts(300, 1))["copied %"] == 100.0
    train, test = scorer.score_train(300), scorer.score_test()
    assert train["BLEU-2"] == pytest.approx(
        scorer.score(texts(300, 1))["BLEU-2"]
    )
    assert "copied %" not in train
    assert "BLEU-2" not in test
    assert test["copied %"] < 20


def test_signatures_name_what_scores_depend_on(scorer):
    lines = scorer.signatures([300, 40])
    assert len(lines) == 8
    assert lines[0].startswith(
        "BLEU-n|hyp:40,300|ref:300|smooth:method1|weights:uniform|"
        "tok:treebank|case:lower|version:"
    )
    assert any("encoder:counts" in line for line in lines)
    assert any("kneser-ney-3" in line for line in lines)
