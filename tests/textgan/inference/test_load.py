"""Loading: how long the texts of a loaded generator are."""

import pytest

from gancore.saving.model_io import save_h5
from textgan import Generator, TextGenerator, Vocabulary, load

WORDS = Vocabulary.build([["a", "b", "c"]], 10)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"longest_tokens": 640}, 640),
        # Not below the usual length, and no numbers that nobody trained on.
        ({"longest_tokens": 7}, 100),
        ({"longest_tokens": 10**9}, 100),
        ({"longest_tokens": True}, 100),
        ({"longest_tokens": "640"}, 100),
        ({}, 100),
    ],
)
def test_texts_are_as_long_as_those_it_was_trained_on(tmp_path, data, expected):
    about = {"package": "textgan", "vocabulary": WORDS.words, "data": data}
    path = tmp_path / "model.h5"
    save_h5(Generator(len(WORDS), 2, 3), path, about)
    assert load(path).max_length == expected
    assert load(path, max_length=9).max_length == 9
    assert TextGenerator.from_preset(path).max_length == expected
