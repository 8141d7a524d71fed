"""Requests against the same calls of a `TextGenerator`."""

import dataclasses

import pytest

from gancore.errors import RuntimeFailure, UserError
from textgan import Generator, TextGenerator, Vocabulary
from textgan.data.profanity import is_clean
from textgan.inference.generation_request import (
    STRATEGIES,
    GenerationRequest,
    generate_request,
)
from textgan.inference.logits_processors import NoRepeatNGram
from textgan.inference.samplers import Greedy, Temperature, TopK, TopP

REQUEST = GenerationRequest(
    prompt="",
    strategy="top-p",
    temperature=1.3,
    top_p=0.6,
    top_k=3,
    num_beams=4,
    no_repeat_ngram_size=0,
    count=6,
    first=20,
)
SAMPLERS = {
    "top-p": TopP(0.6, 1.3),
    "top-k": TopK(3, 1.3),
    "temperature": Temperature(1.3),
}


def make_text_generator(words, **options):
    vocabulary = Vocabulary.build([words], size=100)
    generator = Generator(len(vocabulary), 4, 6)
    return TextGenerator(generator, vocabulary, max_length=12, **options)


@pytest.fixture(scope="module")
def text_generator():
    return make_text_generator([f"w{i}" for i in range(20)])


def same_network(text_generator, sampler, **options):
    return TextGenerator(
        text_generator.generator,
        text_generator.vocabulary,
        sampler,
        max_length=12,
        **options,
    )


def generate(text_generator, **changes):
    request = dataclasses.replace(REQUEST, **changes)
    return list(generate_request(text_generator, request))


@pytest.mark.parametrize("strategy", SAMPLERS)
def test_sampling_gives_the_numbered_texts(text_generator, strategy):
    expected = same_network(text_generator, SAMPLERS[strategy])
    found = generate(text_generator, strategy=strategy, prompt="w3")
    assert found == list(enumerate(expected.generate("w3", 6, seed=20), 20))
    assert len({joke for _, joke in found}) > 2


def test_deterministic_strategies_give_ranks(text_generator):
    expected = same_network(text_generator, Greedy())
    assert generate(text_generator, strategy="greedy") == [
        (1, expected.generate_one(0))
    ]
    ranked = generate(text_generator, strategy="beam search")
    assert ranked == list(enumerate(expected.beam_search("", 4), 1))


def test_a_request_does_not_change_the_next(text_generator):
    before = generate(text_generator)
    for strategy in STRATEGIES:
        generate(text_generator, strategy=strategy, no_repeat_ngram_size=1)
    assert generate(text_generator) == before
    expected = same_network(
        text_generator, TopP(0.6, 1.3), logits_processors=[NoRepeatNGram(1)]
    )
    found = generate(text_generator, no_repeat_ngram_size=1)
    assert found == list(enumerate(expected.generate("", 6, seed=20), 20))


def test_unclean_jokes_are_left_out_and_numbers_stay():
    text_generator = make_text_generator(["wtf", "dawn"])
    request = dataclasses.replace(REQUEST, temperature=1.0, top_p=1.0, count=30)
    every = list(generate_request(text_generator, request, clean=False))
    kept = [pair for pair in every if is_clean(pair[1])]
    assert 0 < len(kept) < 30
    found = list(generate_request(text_generator, request))
    assert found[: len(kept)] == kept
    assert len(found) == 30
    with pytest.raises(UserError, match="prompt is not clean"):
        generate(text_generator, prompt="wtf")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_without_a_clean_joke_it_fails(strategy):
    with pytest.raises(RuntimeFailure, match="clean; try another"):
        generate(make_text_generator(["wtf"]), strategy=strategy)


def test_unknown_words_are_listed_once(text_generator):
    assert text_generator.unknown_words("w1 gnu w2 gnu emu") == ["gnu", "emu"]
