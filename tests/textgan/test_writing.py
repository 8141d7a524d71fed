import numpy as np
import pytest

from gancore.errors import UserError
from textgan import Generator, TextGenerator, Vocabulary
from textgan.data.tokenizer import detokenize
from textgan.data.vocabulary import END, PAD, START, UNKNOWN
from textgan.inference.logits_processors import NoRepeatNGram
from textgan.inference.samplers import Greedy, TopP
from textgan.inference.text_generator import _close_quotation


@pytest.fixture
def text_generator():
    words = [f"w{i}" for i in range(20)]
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), embedding_dim=4, units=4)
    return TextGenerator(
        generator, vocabulary, TopP(), max_length=12, batch_size=8
    )


def test_a_joke_has_its_number(text_generator):
    jokes = [text_generator.joke(number) for number in range(30)]
    assert jokes == [text_generator.joke(number) for number in range(30)]
    assert len(set(jokes)) > 25


def test_some_jokes_begin_at_a_number(text_generator):
    expected = [text_generator.joke(number, "w3") for number in (4, 5, 6)]
    assert text_generator.generate("w3", count=3, joke=4) == expected


def test_a_joke_does_not_hang_on_its_neighbours(text_generator):
    many = list(text_generator.jokes(range(20)))
    assert many == [text_generator.joke(number) for number in range(20)]


def test_the_state_is_kept_not_the_prefix_read_again(text_generator):
    """The likeliest words are those of the whole network on the prefix."""
    text_generator.sampler = Greedy()
    (ids,) = text_generator._write([0], [])
    logits = text_generator.generator(np.array([[START, *ids]])).numpy()[0]
    logits[:, [PAD, UNKNOWN, START]] = -np.inf
    logits[0, END] = -np.inf
    np.testing.assert_array_equal(logits.argmax(-1)[: len(ids)], ids)


def test_jokes_go_on_from_a_prompt(text_generator, capsys):
    jokes = list(text_generator.jokes(range(10), "w3, zebra w5"))
    assert all(joke.startswith("W3, zebra w5") for joke in jokes)
    assert len(set(jokes)) > 5
    message = capsys.readouterr().err
    assert "does not know ,, zebra" in message
    assert all(
        joke.startswith("W3 ")
        for joke in text_generator.beam_search_texts("w3")
    )
    with pytest.raises(UserError, match="has 12 words and marks"):
        text_generator.joke(1, "w1 " * 12)


def test_the_likeliest_jokes_are_likelier_than_sampled_ones(text_generator):
    best = text_generator.beam_search_texts(width=4)
    assert len(best) == len(set(best)) == 4

    def share(joke):
        ids = text_generator.vocabulary.encode(joke.split())
        logits = text_generator.generator(np.array([[START, *ids]])).numpy()[0]
        logits[:, [PAD, UNKNOWN, START]] = -np.inf
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        full = [*ids, END][: text_generator.max_length]
        return logits[range(len(full)), full].sum() / len(full)

    shares = [share(joke) for joke in best]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > max(
        share(joke) for joke in text_generator.jokes(range(50))
    )


def test_logits_processors_hold(text_generator):
    text_generator.logits_processors = [NoRepeatNGram(1)]
    for joke in text_generator.jokes(range(20)):
        words = joke.lower().split()
        assert len(words) == len(set(words))


def test_a_quotation_is_closed():
    for tokens, expected in (
        (["yes", '"', "no"], 'Yes "no"'),
        (["yes", '"'], "Yes"),
        (['"', "yes", '"', "no"], '"Yes" no'),
        (['"'], '""'),
    ):
        assert detokenize(_close_quotation(tokens)) == expected


def test_a_joke_is_text_of_limited_length(text_generator):
    for number in range(50):
        joke = text_generator.joke(number)
        assert 1 <= len(joke.split()) <= 12
        assert "<" not in joke
        assert joke[0].isupper()
