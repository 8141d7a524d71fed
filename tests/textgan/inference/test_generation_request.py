"""Jokes told to a visitor, against those of the text generator itself."""

import dataclasses

import pytest

from gancore.errors import RuntimeFailure, UserError
from textgan import Generator, TextGenerator, Vocabulary
from textgan.data.profanity import is_clean
from textgan.inference.generation_request import (
    STRATEGIES,
    GenerationRequest,
    RequestRunner,
)
from textgan.inference.logits_processors import NoRepeatNGram
from textgan.inference.samplers import Greedy, Temperature, TopK, TopP

WISH = GenerationRequest(
    prompt="",
    way="top-p",
    temperature=1.3,
    top_p=0.6,
    top_k=3,
    beams=4,
    no_repeat_ngram_size=0,
    count=6,
    first=20,
)
SAMPLERS = {
    "top-p": TopP(0.6, 1.3),
    "top-k": TopK(3, 1.3),
    "temperature": Temperature(1.3),
}


def make_text_generator(words, **settings):
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), 4, 6)
    return TextGenerator(generator, vocabulary, max_length=12, **settings)


@pytest.fixture(scope="module")
def text_generator():
    return make_text_generator([f"w{i}" for i in range(20)])


def tell(text_generator, **wishes):
    return list(
        RequestRunner(text_generator).tell(dataclasses.replace(WISH, **wishes))
    )


@pytest.mark.parametrize("way", SAMPLERS)
def test_a_sampler_tells_the_numbered_jokes_of_the_text_generator(
    text_generator, way
):
    own = TextGenerator(
        text_generator.generator,
        text_generator.vocabulary,
        SAMPLERS[way],
        max_length=12,
    )
    message = tell(text_generator, way=way, prompt="w3")
    assert message == list(enumerate(own.generate("w3", 6, joke=20), 20))
    assert len({joke for _, joke in message}) > 2


def test_what_is_certain_has_a_rank(text_generator):
    assert [rank for rank, _ in tell(text_generator, way="greedy")] == [1]
    own = TextGenerator(
        text_generator.generator,
        text_generator.vocabulary,
        Greedy(),
        max_length=12,
    )
    assert tell(text_generator, way="greedy") == [(1, own.joke(0))]
    ranked = tell(text_generator, way="beam search")
    assert ranked == list(enumerate(own.beam_search_texts("", 4), 1))


def test_a_wish_leaves_no_trace_in_the_next_one(text_generator):
    before = tell(text_generator)
    for way in STRATEGIES:
        tell(text_generator, way=way, no_repeat_ngram_size=1)
    assert tell(text_generator) == before
    own = TextGenerator(
        text_generator.generator,
        text_generator.vocabulary,
        TopP(0.6, 1.3),
        logits_processors=[NoRepeatNGram(1)],
        max_length=12,
    )
    repeated = tell(text_generator, no_repeat_ngram_size=1)
    assert repeated == list(enumerate(own.generate("", 6, joke=20), 20))


def test_unclean_jokes_are_left_out_and_numbers_stay():
    text_generator = make_text_generator(["wtf", "dawn"])
    wish = dataclasses.replace(WISH, temperature=1.0, top_p=1.0, count=30)
    every = list(RequestRunner(text_generator, clean=False).tell(wish))
    kept = [pair for pair in every if is_clean(pair[1])]
    assert 0 < len(kept) < 30
    message = list(RequestRunner(text_generator).tell(wish))
    assert message[: len(kept)] == kept
    assert len(message) == 30
    with pytest.raises(UserError, match="beginning is not clean"):
        tell(text_generator, prompt="wtf")


@pytest.mark.parametrize("way", STRATEGIES)
def test_where_nothing_is_clean_a_sentence_says_so(way):
    with pytest.raises(RuntimeFailure, match="clean; try another"):
        tell(make_text_generator(["wtf"]), way=way)


def test_words_that_are_not_known_are_listed_once(text_generator):
    assert RequestRunner(text_generator).unknown_words("w1 gnu w2 gnu emu") == [
        "gnu",
        "emu",
    ]
