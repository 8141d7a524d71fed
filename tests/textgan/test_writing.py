import numpy as np
import pytest

from textgan import Generator, Vocabulary, Writer
from textgan.sampling import Greedy, TopP

RANDOM = np.random.default_rng(0)
LOGITS = np.log([[0.5, 0.3, 0.15, 0.05]])


def draw(sampler, count=20_000):
    random = np.random.default_rng(1)
    ids = sampler(np.repeat(LOGITS, count, axis=0), random)
    return np.bincount(ids, minlength=4) / count


def test_greedy_takes_the_likeliest():
    np.testing.assert_array_equal(draw(Greedy()), [1, 0, 0, 0])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (TopP(), [0.5, 0.3, 0.15, 0.05]),
        # The likeliest two reach 0.8, so a third is needed for 0.81.
        (TopP(0.79), [0.625, 0.375, 0, 0]),
        (TopP(0.81), np.array([0.5, 0.3, 0.15, 0]) / 0.95),
        (TopP(0.01), [1, 0, 0, 0]),
        # Temperature 1/2 squares the shares.
        (TopP(temperature=0.5), np.array([25, 9, 2.25, 0.25]) / 36.5),
        (TopP(temperature=1e-4), [1, 0, 0, 0]),
        (TopP(temperature=1e-320), [1, 0, 0, 0]),
        (TopP(temperature=1e300), [0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_top_p_draws_the_right_shares(sampler, expected):
    # 20,000 draws: a standard error of at most 0.0035.
    np.testing.assert_allclose(draw(sampler), expected, atol=0.015)


def test_forbidden_words_are_never_drawn():
    logits = np.array([[-np.inf, 0.0, -np.inf, 0.0]] * 5000)
    assert set(TopP()(logits, RANDOM)) == {1, 3}


@pytest.mark.parametrize("knobs", [{"p": 0}, {"p": 1.1}, {"temperature": 0}])
def test_impossible_settings_are_refused(knobs):
    with pytest.raises(ValueError, match="not"):
        TopP(**knobs)


@pytest.fixture
def writer():
    words = [f"w{i}" for i in range(20)]
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), embedding_dim=4, units=4)
    return Writer(generator, vocabulary, TopP(), max_length=12)


def test_a_joke_has_its_number(writer):
    jokes = [writer.joke(number) for number in range(30)]
    assert jokes == [writer.joke(number) for number in range(30)]
    assert len(set(jokes)) > 25


def test_a_quotation_is_closed(writer):
    vocabulary = Vocabulary.build([['"', "yes", "no"]], size=10)
    writer.vocabulary = vocabulary
    for tokens, expected in (
        (["yes", '"', "no"], 'Yes "no"'),
        (["yes", '"'], "Yes"),
        (['"', "yes", '"', "no"], '"Yes" no'),
        (['"'], '""'),
    ):
        ids = writer._close_quotation(vocabulary.encode(tokens))
        assert vocabulary.decode(ids) == expected


def test_a_joke_is_text_of_limited_length(writer):
    for number in range(50):
        joke = writer.joke(number)
        assert 1 <= len(joke.split()) <= 12
        assert "<" not in joke
        assert joke[0].isupper()
