"""Files of version 0.1 load, and are converted for every Keras."""

import json

import h5py
import keras
import numpy as np
import pytest

import srgan
import textgan
from gancore.errors import UserError
from gancore.saving.convert import ConvertOptions
from gancore.saving.h5_weights import is_portable
from gancore.saving.model_io import read_metadata, save_h5
from gancore.saving.safe_h5 import open_checked
from srgan.commands.convert import run as convert_images
from textgan.commands.convert import run as convert_texts
from textgan.models.encoder import ngram_features, predict_latent_code

WORDS = ["<pad>", "<unk>", "<s>", "</s>", *(f"word{i}" for i in range(16))]
IDS = np.array([[2, 5, 6, 3, 0, 0], [2, 7, 8, 9, 9, 3]], dtype="int32")
CODES = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 16, 24, 3))


def nested_discriminator(latent_dim):
    """The discriminator as version 0.1 saved it, with a nested model."""
    vectors = keras.Input((None, 12), name="vectors")
    features = ngram_features(vectors, (2, 3), 5)
    dropped = keras.layers.Dropout(0.2, name="dropout")(features)
    outputs = [keras.layers.Dense(1, name="logit")(dropped), features]
    if latent_dim:
        outputs.append(predict_latent_code(features, latent_dim))
    inner = keras.Model(vectors, outputs, name="judge")
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(len(WORDS), 12, name="embedding")
    return keras.Model(ids, inner(embedding(ids)), name="discriminator")


NETWORKS = {
    "textgan generator": (textgan.Generator(len(WORDS), 12, 16, 0.4), IDS),
    "textgan generator of codes": (
        textgan.Generator(len(WORDS), 12, 16, latent_dim=3),
        [IDS, CODES],
    ),
    "textgan discriminator": (nested_discriminator(0), IDS),
    "textgan discriminator of codes": (nested_discriminator(3), IDS),
    "textgan recurrent": (textgan.RecurrentDiscriminator(20, 12, 16), IDS),
    "srgan generator": (srgan.Generator(2, 1, 4, batch_norm=True), IMAGES),
    "srgan unet": (srgan.UNetDiscriminator(0.1), IMAGES),
}


def save_as_0_1(network, path, metadata):
    """Saves a file as version 0.1 did, in the format of Keras 3."""
    keras.Model(network.input, network.output, name=network.name).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["provenance"] = json.dumps(metadata)


def metadata_of(name):
    metadata = {"package": name.split()[0], "version": "0.1.0"}
    if "textgan generator" in name:
        metadata |= {"vocabulary": WORDS, "config": {"dropout": 0.4}}
    return metadata


def convert(name, old, new, **options):
    run = convert_texts if "textgan" in name else convert_images
    return run(ConvertOptions(old=str(old), new=str(new), **options))


@pytest.mark.parametrize("name", NETWORKS)
def test_files_of_0_1_are_converted(name, tmp_path):
    network, inputs = NETWORKS[name]
    old, new = tmp_path / "old.h5", tmp_path / "new.h5"
    save_as_0_1(network, old, metadata_of(name))
    assert convert(name, old, new) == 0
    with open_checked(new) as checked:
        assert is_portable(checked.file)
    assert read_metadata(new) == {
        **metadata_of(name),
        "converted_from": "old.h5",
    }
    model = keras.models.load_model(new, compile=False)
    for ours, theirs in zip(
        keras.tree.flatten(network.predict(inputs, verbose=0)),
        keras.tree.flatten(model.predict(inputs, verbose=0)),
        strict=True,
    ):
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=1e-6 * max(np.ptp(ours), 1e-6)
        )


def test_text_generators_of_0_1_load(tmp_path):
    network, _ = NETWORKS["textgan generator"]
    metadata = metadata_of("textgan generator")
    save_as_0_1(network, tmp_path / "old.h5", metadata)
    save_h5(network, tmp_path / "new.h5", metadata)
    for file in ("old.h5", "new.h5"):
        loaded = textgan.load(tmp_path / file).generator
        assert loaded.dropout == 0.4
        for ours, theirs in zip(
            network.get_weights(), loaded.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_files_that_cannot_be_converted(tmp_path):
    name = "srgan generator"
    old, new = tmp_path / "old.h5", tmp_path / "new.h5"
    save_as_0_1(NETWORKS[name][0], old, metadata_of(name))
    with pytest.raises(UserError, match="python -m srgan convert"):
        convert("textgan", old, new)
    assert convert(name, old, new) == 0
    with pytest.raises(UserError, match="there is nothing to convert"):
        convert(name, new, tmp_path / "newer.h5")


def test_differing_copies_of_weights_are_refused(tmp_path):
    name, layer = "textgan generator of codes", "lstm"
    path = tmp_path / "model.h5"
    save_h5(NETWORKS[name][0], path, metadata_of(name))
    textgan.load(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights"][layer]
        # The last rows of the kernel.
        group[group.attrs["weight_names"][0]][-1] += 1
    with pytest.raises(UserError, match="initial LSTM state has other weights"):
        textgan.load(path)
