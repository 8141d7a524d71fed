"""Jokes told to a visitor, against those of the writer itself."""

import dataclasses

import pytest

from gancore.errors import FailedWork, UserError
from textgan import Generator, Vocabulary, Writer
from textgan.data.profanity import is_clean
from textgan.inference.generation_request import WAYS, Teller, Wish
from textgan.inference.logits_processors import NoRepeats
from textgan.inference.samplers import Greedy, Temperature, TopK, TopP

WISH = Wish(
    prompt="",
    way="top-p",
    temperature=1.3,
    top_p=0.6,
    top_k=3,
    beams=4,
    no_repeats=0,
    count=6,
    first=20,
)
SAMPLERS = {
    "top-p": TopP(0.6, 1.3),
    "top-k": TopK(3, 1.3),
    "temperature": Temperature(1.3),
}


def make_writer(words, **settings):
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), 4, 6)
    return Writer(generator, vocabulary, max_length=12, **settings)


@pytest.fixture(scope="module")
def writer():
    return make_writer([f"w{i}" for i in range(20)])


def tell(writer, **wishes):
    return list(Teller(writer).tell(dataclasses.replace(WISH, **wishes)))


@pytest.mark.parametrize("way", SAMPLERS)
def test_a_sampler_tells_the_numbered_jokes_of_the_writer(writer, way):
    own = Writer(
        writer.generator, writer.vocabulary, SAMPLERS[way], max_length=12
    )
    told = tell(writer, way=way, prompt="w3")
    assert told == list(enumerate(own.generate("w3", 6, joke=20), 20))
    assert len({joke for _, joke in told}) > 2


def test_what_is_certain_has_a_rank(writer):
    assert [rank for rank, _ in tell(writer, way="greedy")] == [1]
    own = Writer(writer.generator, writer.vocabulary, Greedy(), max_length=12)
    assert tell(writer, way="greedy") == [(1, own.joke(0))]
    ranked = tell(writer, way="beam search")
    assert ranked == list(enumerate(own.likeliest("", 4), 1))


def test_a_wish_leaves_no_trace_in_the_next_one(writer):
    before = tell(writer)
    for way in WAYS:
        tell(writer, way=way, no_repeats=1)
    assert tell(writer) == before
    own = Writer(
        writer.generator,
        writer.vocabulary,
        TopP(0.6, 1.3),
        guards=[NoRepeats(1)],
        max_length=12,
    )
    repeated = tell(writer, no_repeats=1)
    assert repeated == list(enumerate(own.generate("", 6, joke=20), 20))


def test_unclean_jokes_are_left_out_and_numbers_stay():
    writer = make_writer(["wtf", "dawn"])
    wish = dataclasses.replace(WISH, temperature=1.0, top_p=1.0, count=30)
    every = list(Teller(writer, clean=False).tell(wish))
    kept = [pair for pair in every if is_clean(pair[1])]
    assert 0 < len(kept) < 30
    told = list(Teller(writer).tell(wish))
    assert told[: len(kept)] == kept
    assert len(told) == 30
    with pytest.raises(UserError, match="beginning is not clean"):
        tell(writer, prompt="wtf")


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_is_clean_a_sentence_says_so(way):
    with pytest.raises(FailedWork, match="clean; try another"):
        tell(make_writer(["wtf"]), way=way)


def test_words_that_are_not_known_are_listed_once(writer):
    assert Teller(writer).unknown_words("w1 gnu w2 gnu emu") == ["gnu", "emu"]
