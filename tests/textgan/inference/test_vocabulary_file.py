import json

import keras
import numpy as np
import pytest

import textgan
from gancore.errors import UserError
from textgan.data.vocabulary import SPECIAL, Vocabulary
from textgan.inference.vocabulary_file import read_vocabulary, write_vocabulary

WORDS = ["the", "cat", "sees", "a", "dog"]
# Of a list of one input, which old versions of Keras need in the file.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*match the expected structure"
)
IDS = np.array([[2, 4, 5, 6, 7, 8]])


@pytest.fixture
def original(tmp_path):
    vocabulary = Vocabulary([*SPECIAL, *WORDS])
    generator = textgan.Generator(len(vocabulary), 4, 6)
    textgan.save(generator, tmp_path / "original.h5", vocabulary)
    return tmp_path / "original.h5"


@pytest.fixture
def tuned(original):
    """The generator, fine-tuned and saved by Keras alone."""
    model = keras.models.load_model(original)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss, run_eagerly=True)
    model.fit(IDS[:, :-1], IDS[:, 1:], verbose=0)
    path = original.with_name("tuned.h5")
    model.save(path)
    return path, model


@pytest.mark.parametrize("kind", ["h5", "json", "txt", "object"])
def test_a_model_saved_by_keras_takes_a_vocabulary(kind, original, tuned):
    path, model = tuned
    given = original.with_name(f"vocabulary.{kind}")
    if kind == "h5":
        given = original
    elif kind == "json":
        write_vocabulary(textgan.load(original).vocabulary, given)
    elif kind == "txt":
        given.write_text("\n".join(WORDS))
    else:
        given = Vocabulary([*SPECIAL, *WORDS])
    loaded = textgan.load(path, vocabulary=given)
    assert loaded.vocabulary.words == [*SPECIAL, *WORDS]
    np.testing.assert_allclose(loaded.generator(IDS), model(IDS), atol=1e-5)
    assert loaded.generate("the cat").startswith("The cat")


def test_what_was_tuned_is_saved_and_loaded_again(original, tuned, tmp_path):
    path, model = tuned
    loaded = textgan.load(path, vocabulary=original)
    textgan.save(loaded, tmp_path / "again.h5")
    again = textgan.load(tmp_path / "again.h5").generator
    np.testing.assert_allclose(again(IDS), model(IDS), atol=1e-5)
    discriminator = textgan.Discriminator(9, 4, (2,), 4)
    gan = textgan.GAN(loaded.generator, discriminator)
    objective = textgan.LossConfig(sampled_softmax=3)
    gan.compile(
        "adam", "adam", objective=objective, stage="mle", run_eagerly=True
    )
    assert np.isfinite(gan.train_on_batch(IDS, return_dict=True)["nll"])


def test_without_one_the_error_says_what_to_give(tuned):
    with pytest.raises(UserError, match=r"vocabulary=.*vocabulary\.json"):
        textgan.load(tuned[0])


def test_a_vocabulary_of_another_size_is_refused(tuned):
    other = Vocabulary([*SPECIAL, "two", "words"])
    with pytest.raises(UserError, match="6 words and a network of 9"):
        textgan.load(tuned[0], vocabulary=other)
    generator = textgan.Generator(9, 4, 6)
    with pytest.raises(ValueError, match="6 words and the network 9"):
        textgan.save(generator, tuned[0], other)
    with pytest.raises(ValueError, match="needs the vocabulary"):
        textgan.save(generator, tuned[0])


def test_single_characters_are_of_a_character_level(tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps([*SPECIAL, "a", "b", " "]))
    assert read_vocabulary(path).level == "char"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1, 2]", '["a\\u001b[2J"]', "[", '["a", "a"'],
)
def test_files_that_hold_no_vocabulary(text, tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"vocabulary\.json"):
        read_vocabulary(path)


def test_a_keras_file_generates_the_same_with_its_vocabulary(original):
    path = original.with_name("g.keras")
    expected = textgan.load(original)
    expected.generator.save(path)
    with pytest.raises(UserError, match="vocabulary="):
        textgan.load(path)
    loaded = textgan.load(path, vocabulary=original)
    assert loaded.generate("the", count=3) == expected.generate("the", count=3)
