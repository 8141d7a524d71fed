import logging

import numpy as np
import pytest

from gancore.errors import UserError
from textgan import Generator, TextGenerator, Vocabulary
from textgan.data.tokenizer import detokenize
from textgan.data.vocabulary import END, PAD, START, UNKNOWN
from textgan.inference.decoder import _close_quotation
from textgan.inference.logits_processors import NoRepeatNGram
from textgan.inference.samplers import Greedy, TopP


@pytest.fixture
def text_generator():
    words = [f"w{i}" for i in range(20)]
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), embedding_dim=4, units=4)
    return TextGenerator(
        generator, vocabulary, TopP(), max_length=12, batch_size=8
    )


def test_the_number_seeds_the_text(text_generator):
    texts = [text_generator.generate_one(number) for number in range(30)]
    assert texts == [text_generator.generate_one(n) for n in range(30)]
    assert len(set(texts)) > 25


def test_generate_starts_at_a_number(text_generator):
    expected = [text_generator.generate_one(n, "w3") for n in (4, 5, 6)]
    assert text_generator.generate("w3", count=3, seed=4) == expected


def test_a_text_is_independent_of_its_batch(text_generator):
    stream = list(text_generator.generate_stream(range(20)))
    assert stream == [text_generator.generate_one(n) for n in range(20)]


def test_the_cached_state_gives_the_logits_of_the_prefix(text_generator):
    text_generator.sampler = Greedy()
    (ids,) = text_generator._sample([0], [[]])
    logits = text_generator.generator(np.array([[START, *ids]])).numpy()[0]
    logits[:, [PAD, UNKNOWN, START]] = -np.inf
    logits[0, END] = -np.inf
    np.testing.assert_array_equal(logits.argmax(-1)[: len(ids)], ids)


def test_texts_start_with_the_prompt(text_generator, caplog):
    texts = list(text_generator.generate_stream(range(10), "w3, zebra w5"))
    assert all(text.startswith("W3, zebra w5") for text in texts)
    assert len(set(texts)) > 5
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "<unk>: ,, zebra" in record.getMessage()
    found = text_generator.beam_search("w3")
    assert all(text.startswith("W3 ") for text in found)
    with pytest.raises(UserError, match="the prompt has 12 tokens"):
        text_generator.generate_one(1, "w1 " * 12)


def test_beam_search_finds_likelier_texts_than_sampling(text_generator):
    best = text_generator.beam_search(num_beams=4)
    assert len(best) == len(set(best)) == 4

    def log_prob_per_token(text):
        ids = text_generator.vocabulary.encode(text.split())
        logits = text_generator.generator(np.array([[START, *ids]])).numpy()[0]
        logits[:, [PAD, UNKNOWN, START]] = -np.inf
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        full = [*ids, END][: text_generator.max_length]
        return logits[range(len(full)), full].sum() / len(full)

    found = [log_prob_per_token(text) for text in best]
    assert found == sorted(found, reverse=True)
    assert found[0] > max(
        log_prob_per_token(text)
        for text in text_generator.generate_stream(range(50))
    )


def test_logits_processors_are_applied(text_generator):
    text_generator.logits_processors = [NoRepeatNGram(1)]
    for text in text_generator.generate_stream(range(20)):
        words = text.lower().split()
        assert len(words) == len(set(words))


def test_an_open_quotation_is_closed():
    for tokens, expected in (
        (["yes", '"', "no"], 'Yes "no"'),
        (["yes", '"'], "Yes"),
        (['"', "yes", '"', "no"], '"Yes" no'),
        (['"'], '""'),
    ):
        assert detokenize(_close_quotation(tokens)) == expected


def test_texts_are_not_empty_and_of_limited_length(text_generator):
    for number in range(50):
        text = text_generator.generate_one(number)
        assert 1 <= len(text.split()) <= 12
        assert "<" not in text
        assert text[0].isupper()
