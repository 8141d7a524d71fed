"""Files of this project load; unsafe or damaged files are refused."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import time
import types
import zipfile

import h5py
import keras
import numpy as np
import pytest

import srgan
import textgan
from gancore.config_fields import from_flat
from gancore.errors import UserError
from gancore.io.arrays import read_arrays
from gancore.saving.model_io import read_metadata, save_h5
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked
from gancore.training import checkpoint, checkpoint_io
from gancore.training.run_dir import resolve_resume
from srgan.commands.convert import ConvertOptions
from srgan.commands.convert import run as convert
from srgan.config import Config as ImageConfig
from srgan.data.shards.manifest import Manifest, Shard, read_manifest
from srgan.inference.load import PRETRAINED as IMAGE_MODELS
from srgan.inference.load import find_weights as find_upscaler
from srgan.inference.load import scale_of
from srgan.models.build import DISCRIMINATORS
from srgan.models.feature_extractor import load_feature_network
from srgan.presets import PRESETS as IMAGE_PRESETS
from textgan.config import Config as TextConfig
from textgan.inference.load import PRETRAINED as TEXT_MODELS
from textgan.inference.load import find_weights as find_text_generator
from textgan.models.build import build_gan
from textgan.presets import PRESETS as TEXT_PRESETS

PRETRAINED = [
    *map(find_upscaler, IMAGE_MODELS),
    *map(find_text_generator, TEXT_MODELS),
]
VOCABULARY = ["<pad>", "<unk>", "<s>", "</s>", "a", "cat"]


def check_loads(network, path):
    save_h5(network, path, {"package": "any"})
    with open_checked(path) as checked:
        loaded = load_network(checked)
    if hasattr(network, "plain_graph"):
        network = network.plain_graph()
    for ours, theirs in zip(
        network.get_weights(), loaded.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("path", PRETRAINED, ids=lambda path: path.stem)
def test_pretrained_weights_load_as_in_plain_keras(path):
    with open_checked(path) as checked:
        loaded = load_network(checked)
    plain = keras.models.load_model(path, compile=False)
    # The file has lists of one input and one output.
    plain = keras.Model(plain.inputs[0], plain.outputs[0], name=plain.name)
    assert loaded.to_json() == plain.to_json()
    for ours, theirs in zip(
        loaded.get_weights(), plain.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("path", PRETRAINED, ids=lambda path: path.stem)
def test_checking_pretrained_weights_is_fast(path):
    """It takes milliseconds; the limit is for a busy machine."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        with open_checked(path):
            seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.1


@pytest.mark.parametrize("preset", IMAGE_PRESETS)
def test_upscalers_of_every_preset_load(preset, tmp_path):
    config = from_flat(ImageConfig, IMAGE_PRESETS[preset])
    generator = srgan.Generator(
        config.scale,
        config.blocks,
        config.filters,
        config.batch_norm,
        config.compact,
        config.noise_channels,
    )
    check_loads(generator, tmp_path / "model.h5")


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_discriminators_of_images_load(discriminator, tmp_path):
    check_loads(DISCRIMINATORS[discriminator](0.1), tmp_path / "model.h5")


@pytest.mark.parametrize("preset", TEXT_PRESETS)
@pytest.mark.parametrize("adversarial_loss", ["feature_matching", "reinforce"])
def test_text_generators_and_discriminators_of_every_preset_load(
    preset, adversarial_loss, tmp_path
):
    changes = {**TEXT_PRESETS[preset], "adversarial_loss": adversarial_loss}
    try:
        config = from_flat(TextConfig, changes)
    except UserError:
        pytest.skip("the preset does not have this loss")
    generator = textgan.Generator(
        len(VOCABULARY),
        config.embedding_dim,
        config.units,
        config.dropout,
        config.latent_dim,
    )
    gan = build_gan(config, generator)
    check_loads(gan.generator, tmp_path / "model.h5")
    check_loads(gan.discriminator, tmp_path / "discriminator.h5")


@pytest.fixture
def text_generator(tmp_path):
    """Saves a text generator with any vocabulary."""

    def save(vocabulary=VOCABULARY, **facts):
        network = textgan.Generator(len(VOCABULARY), 4, 4)
        facts = {"package": "textgan", "vocabulary": vocabulary, **facts}
        save_h5(network, tmp_path / "model.h5", facts)
        return tmp_path / "model.h5"

    return save


READERS = {
    "srgan.load": srgan.load,
    "textgan.load": textgan.load,
    "features": lambda path: load_feature_network(str(path)),
    "metadata": read_metadata,
    "convert": lambda path: convert(
        ConvertOptions(old=str(path), new=str(path.with_name("new.h5")))
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_checks_the_structure(reader, text_generator):
    path = text_generator()
    with h5py.File(path, "r+") as file:
        file["external"] = h5py.ExternalLink("/etc/hostname", "/")
    with pytest.raises(UserError, match="external is a link to another file"):
        READERS[reader](path)


def test_a_command_prints_one_line(text_generator, tmp_path, root):
    path = text_generator()
    with h5py.File(path, "r+") as file:
        file["external"] = h5py.SoftLink("/")
    result = subprocess.run(
        [sys.executable, "-m", "textgan", "generate", "--model", str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "external is a soft link" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a JSON object"),
        ("{", "damaged"),
        ('{"data": NaN}', "not a finite number"),
        ('{"config": [1]}', "config is not a JSON object"),
        ('{"data": "x"}', "data is not a JSON object"),
        ("[" * 10**5, "nested too deeply"),
    ],
)
def test_damaged_metadata_are_refused(text, message, text_generator):
    path = text_generator()
    with h5py.File(path, "r+") as file:
        file.attrs["provenance"] = text
    for reader in (srgan.load, textgan.load, read_metadata):
        with pytest.raises(UserError, match=message):
            reader(path)


@pytest.mark.parametrize(
    "word",
    ["\x1b[2J", "\x07", "\x9b31m", "\ud800", "\u202e", "", 7, None, ["a"]],
)
def test_a_vocabulary_has_printable_words_only(word, text_generator):
    path = text_generator([*VOCABULARY[:-1], word])
    with pytest.raises(UserError, match="holds more than words"):
        textgan.load(path)


def test_a_vocabulary_of_another_size_is_refused(text_generator):
    with pytest.raises(UserError, match="7 words and a network of 6"):
        textgan.load(text_generator([*VOCABULARY, "dog"]))


def test_a_network_that_needs_too_much_memory_is_not_run():
    low = keras.Input((None, None, 3))
    wide = keras.layers.UpSampling2D(20_000)(low)
    narrow = keras.layers.MaxPooling2D(10_000)(wide)
    with pytest.raises(
        UserError, match="needs tensors of 614400000000 elements"
    ):
        scale_of(keras.Model(low, narrow))


def test_a_network_that_takes_no_small_image_is_refused():
    low = keras.Input((None, None, 3))
    crop = keras.layers.Cropping2D(50)(low)
    with pytest.raises(UserError, match="cannot take 32 x 16 pixels"):
        scale_of(keras.Model(low, keras.layers.UpSampling2D(2)(crop)))


@pytest.mark.parametrize(
    "name", ["../secret.tfrecord", "/etc/passwd", "a/b.tfrecord", "..", ""]
)
def test_a_manifest_names_only_files_of_its_folder(name, tmp_path):
    path = tmp_path / "manifest.json"
    Manifest({}, [Shard(name, "0" * 64, [])]).save(path)
    with pytest.raises(UserError, match="is no name of a shard"):
        read_manifest(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"print": [0.0] * 66},
        {"print": [1e300] * 67},
        {"print": ["nan"] * 67},
        {"parts": [{"start": -1, "length": 1, "height": 9, "width": 9}]},
        {"parts": [{"start": 0, "length": 0, "height": 9, "width": 9}]},
        {"parts": [{"start": 0, "length": 1, "height": 9, "width": 2**40}]},
        {"parts": [{"start": 0, "length": 1, "height": 9}]},
    ],
    ids=str,
)
def test_a_manifest_of_impossible_images_is_refused(changes, tmp_path):
    part = {"start": 0, "length": 1, "height": 9, "width": 9}
    source = {"name": "a", "print": [0.0] * 67, "parts": [part]}
    shard = {"name": "a.tfrecord", "sha256": "", "sources": [source]}
    path = tmp_path / "manifest.json"
    manifest = {"format": 1, "settings": {}, "shards": [shard]}
    path.write_text(json.dumps(manifest))
    assert read_manifest(path).shards[0].sources[0].parts[0].width == 9
    source |= changes
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="no manifest of shards"):
        read_manifest(path)


def zip_archive(compression, **parts):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return memory.getvalue()


def array_file(header, data=b""):
    text = f"{header}\n".encode()
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + data


ARCHIVES = {
    "not an archive": b"nothing",
    "compressed zeros": zip_archive(zipfile.ZIP_DEFLATED, a=bytes(10**7)),
    "a huge shape": zip_archive(
        zipfile.ZIP_STORED,
        **{
            "a.npy": array_file(
                "{'descr': '<f4', 'fortran_order': False, "
                f"'shape': ({2**40}, {2**10})}}"
            )
        },
    ),
    "objects": zip_archive(
        zipfile.ZIP_STORED,
        **{
            "a.npy": array_file(
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
                b"\x80\x04cos\nsystem\n",
            )
        },
    ),
    "code as header": zip_archive(
        zipfile.ZIP_STORED, **{"a.npy": array_file("__import__('os')")}
    ),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_unsafe_archives_of_arrays_are_refused(kind):
    with pytest.raises(ValueError):
        read_arrays(ARCHIVES[kind])


def test_arrays_round_trip():
    memory = io.BytesIO()
    np.savez(memory, a=np.arange(3), b=np.zeros((2, 0)))
    found = read_arrays(memory.getvalue())
    np.testing.assert_array_equal(found["a"], [0, 1, 2])
    assert found["b"].shape == (2, 0)


def checkpoint_file(run, arrays):
    """Writes a checkpoint, named by its checksum."""
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    digest = hashlib.sha256(memory.getvalue()).hexdigest()[:16]
    path = run / f"state/epoch-000001-{digest}.npz"
    path.write_bytes(memory.getvalue())
    return path


@pytest.mark.parametrize(
    "facts", ["", "{}", "[]", "7", "[" * 10**5, '{"facts": 1, "epoch": "x"}']
)
def test_an_invalid_checkpoint_is_not_read(facts, tmp_path):
    (tmp_path / "state").mkdir()
    data = np.frombuffer(facts.encode(), np.uint8)
    path = checkpoint_file(tmp_path, {"facts": data})
    assert checkpoint_io.read_checkpoint(path) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logs": {"loss": "x"}}, "no undamaged checkpoint"),
        ({"others": [1]}, "no undamaged checkpoint"),
        ({"step": -1}, "stages of other lengths"),
        ({"epoch": 2, "step": 1}, "stages of other lengths"),
        ({"others": []}, "lacks the state of a callback"),
        ({"others": [{}]}, "lacks the state of a callback"),
        ({"others": [{"value": "x"}]}, "lacks the state of a callback"),
        ({"log": "\ud800"}, None),
    ],
)
def test_an_inconsistent_checkpoint_is_refused(changes, message, tmp_path):
    class Callback:
        def get_state(self):
            return {}

        def set_state(self, state):
            self.value = float(state["value"])

    none = types.SimpleNamespace(variables=[])
    gan = types.SimpleNamespace(
        variables=[], g_optimizer=none, d_optimizer=none, extra_state=[]
    )
    (tmp_path / "state").mkdir()
    resumed = checkpoint.TrainingCheckpoint(tmp_path, gan, [Callback()], {})
    facts = {
        "facts": resumed.facts,
        "epoch": 1,
        "step": 0,
        "begun_at": 0,
        "logs": {"loss": 1.0},
        "others": [{"value": 1.0}],
        "log": "epoch,loss\n0,1\n",
    }
    data = json.dumps({**facts, **changes}).encode()
    checkpoint_file(tmp_path, {"facts": np.frombuffer(data, np.uint8)})
    if message is None:
        resumed.restore([2])
        assert resumed.epoch == 1
    else:
        with pytest.raises(UserError, match=message):
            resumed.restore([2])


def test_invalid_options_of_a_run_are_refused(tmp_path):
    config = TextConfig(resume=str(tmp_path))
    for text in ("[" * 10**5, "[]", '{"units": NaN}', json.dumps("x")):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(UserError, match="is not the folder of a run"):
            resolve_resume(config)
