"""`TextGenerator` as a Keras user calls it."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import textgan
from textgan.data.vocabulary import END, PAD, START, UNKNOWN
from textgan.inference.samplers import TopP

TEXTS = ["w1 w2 w3 w4 w5 w6", "w1 w2 w3 w7 w8"] * 8


@pytest.fixture
def text_generator():
    words = [f"w{i}" for i in range(12)]
    vocabulary = textgan.Vocabulary.build([words], size=100)
    generator = textgan.Generator(len(vocabulary), 8, 16)
    return textgan.TextGenerator(
        generator, vocabulary, max_length=12, batch_size=4
    )


def test_greedy_is_the_argmax_loop_of_the_plain_model(text_generator, tmp_path):
    text_generator.save_to_preset(tmp_path)
    plain = keras.models.load_model(tmp_path / "model.h5", compile=False)
    ids = [START, *text_generator.vocabulary.encode(["w3", "w5"])]
    while len(ids) < 9:
        logits = plain.predict(np.array([ids]), verbose=0)[0, -1]
        logits[[PAD, UNKNOWN, START]] = -np.inf
        ids.append(int(logits.argmax()))
        if ids[-1] == END:
            break
    expected = text_generator.vocabulary.decode(ids[1:])
    found = text_generator.generate("w3 w5", max_length=8, sampler="greedy")
    assert found.lower() == expected.lower()


def test_kinds_of_prompts(text_generator):
    prompts = ["w1", "w2 w3 w4", "", "w5", "w1 w1"]
    found = text_generator.generate(prompts, seed=3)
    one = [
        text_generator.generate(p, seed=3 + i) for i, p in enumerate(prompts)
    ]
    assert found == one
    dataset = tf.data.Dataset.from_tensor_slices(prompts)
    assert text_generator.generate(dataset, seed=3) == one
    assert text_generator.generate(dataset.batch(2), seed=3) == one
    with pytest.raises(ValueError, match="a prompt is 7"):
        text_generator.generate([7])


def test_samplers_by_name(text_generator):
    named = text_generator.generate("w1", 5, sampler="top_p")
    assert named == text_generator.generate("w1", 5, sampler=TopP(0.9, 0.7))
    with pytest.raises(ValueError, match=r"'topp'.*greedy.*top_k, top_p"):
        text_generator.generate("w1", sampler="topp")


def test_an_unknown_preset_lists_all():
    assert textgan.TextGenerator.presets == ("jokes",)
    with pytest.raises(ValueError, match=r"no model joke; .*jokes"):
        textgan.TextGenerator.from_preset("joke")


@pytest.mark.integration
def test_fit_lowers_the_loss_and_is_saved(text_generator, tmp_path):
    text_generator.compile(keras.optimizers.Adam(0.05))
    history = text_generator.fit(
        TEXTS, epochs=8, batch_size=4, validation_split=0.25, verbose=0
    ).history
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["val_loss"][-1] < history["val_loss"][0]
    text_generator.save_to_preset(tmp_path / "mine")
    with pytest.raises(ValueError, match="not empty"):
        text_generator.save_to_preset(tmp_path / "mine")
    text_generator.save_to_preset(tmp_path / "mine", overwrite=True)
    again = textgan.TextGenerator.from_preset(
        tmp_path / "mine", max_length=12, batch_size=4
    )
    assert again.generate("w1", 4) == text_generator.generate("w1", 4)


@pytest.mark.integration
def test_a_preset_is_the_same_in_another_process(text_generator, tmp_path):
    text_generator.save_to_preset(tmp_path)
    code = (
        "import sys, textgan\n"
        "t = textgan.TextGenerator.from_preset("
        "sys.argv[1], max_length=12, batch_size=4)\n"
        "print(*t.generate('w1', 3), sep='\\n')"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == text_generator.generate("w1", 3)


def test_texts_of_another_vocabulary(text_generator, caplog):
    with pytest.raises(ValueError, match="100% of the tokens"):
        text_generator.fit(["eins zwei drei"])
    text_generator.fit(["w1 w2 w3 vier"] * 4, verbose=0)
    assert "25.0% of the tokens" in caplog.text
