import numpy as np
import pytest

from gancore.errors import UserError
from textgan import Generator, Vocabulary, Writer
from textgan.data.tokenizer import detokenise
from textgan.data.vocabulary import END, PAD, START, UNKNOWN
from textgan.inference.logits_processors import NoRepeats
from textgan.inference.samplers import Greedy, TopP
from textgan.inference.text_generator import _close_quotation


@pytest.fixture
def writer():
    words = [f"w{i}" for i in range(20)]
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), embedding_dim=4, units=4)
    return Writer(generator, vocabulary, TopP(), max_length=12, batch_size=8)


def test_a_joke_has_its_number(writer):
    jokes = [writer.joke(number) for number in range(30)]
    assert jokes == [writer.joke(number) for number in range(30)]
    assert len(set(jokes)) > 25


def test_some_jokes_begin_at_a_number(writer):
    expected = [writer.joke(number, "w3") for number in (4, 5, 6)]
    assert writer.generate("w3", count=3, joke=4) == expected


def test_a_joke_does_not_hang_on_its_neighbours(writer):
    many = list(writer.jokes(range(20)))
    assert many == [writer.joke(number) for number in range(20)]


def test_the_state_is_kept_not_the_prefix_read_again(writer):
    """The likeliest words are those of the whole network on the prefix."""
    writer.sampler = Greedy()
    (ids,) = writer._write([0], [])
    logits = writer.generator(np.array([[START, *ids]])).numpy()[0]
    logits[:, [PAD, UNKNOWN, START]] = -np.inf
    logits[0, END] = -np.inf
    np.testing.assert_array_equal(logits.argmax(-1)[: len(ids)], ids)


def test_jokes_go_on_from_a_prompt(writer, capsys):
    jokes = list(writer.jokes(range(10), "w3, zebra w5"))
    assert all(joke.startswith("W3, zebra w5") for joke in jokes)
    assert len(set(jokes)) > 5
    told = capsys.readouterr().err
    assert "does not know ,, zebra" in told
    assert all(joke.startswith("W3 ") for joke in writer.likeliest("w3"))
    with pytest.raises(UserError, match="has 12 words and marks"):
        writer.joke(1, "w1 " * 12)


def test_the_likeliest_jokes_are_likelier_than_sampled_ones(writer):
    best = writer.likeliest(width=4)
    assert len(best) == len(set(best)) == 4

    def share(joke):
        ids = writer.vocabulary.encode(joke.split())
        logits = writer.generator(np.array([[START, *ids]])).numpy()[0]
        logits[:, [PAD, UNKNOWN, START]] = -np.inf
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        full = [*ids, END][: writer.max_length]
        return logits[range(len(full)), full].sum() / len(full)

    shares = [share(joke) for joke in best]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > max(share(joke) for joke in writer.jokes(range(50)))


def test_guards_hold(writer):
    writer.guards = [NoRepeats(1)]
    for joke in writer.jokes(range(20)):
        words = joke.lower().split()
        assert len(words) == len(set(words))


def test_a_quotation_is_closed():
    for tokens, expected in (
        (["yes", '"', "no"], 'Yes "no"'),
        (["yes", '"'], "Yes"),
        (['"', "yes", '"', "no"], '"Yes" no'),
        (['"'], '""'),
    ):
        assert detokenise(_close_quotation(tokens)) == expected


def test_a_joke_is_text_of_limited_length(writer):
    for number in range(50):
        joke = writer.joke(number)
        assert 1 <= len(joke.split()) <= 12
        assert "<" not in joke
        assert joke[0].isupper()
