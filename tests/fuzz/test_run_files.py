"""Files of trainings and of `prepare`, altered and damaged."""

import contextlib
import hashlib
import io
import json
import types

import keras
import numpy as np
import pytest

from gancore.config_fields import flat_dict
from gancore.errors import UserError
from gancore.io.arrays import read_arrays
from gancore.training.checkpoint import TrainingCheckpoint
from gancore.training.checkpoint_io import checkpoint_paths
from gancore.training.run_dir import resolve_resume
from srgan.config import Config as ImageConfig
from srgan.data.dedup import group_near_duplicates
from srgan.data.shards.manifest import MANIFEST
from srgan.data.shards.reading import find_sub_images
from textgan.config import Config as TextConfig


@pytest.mark.parametrize("options", [ImageConfig, TextConfig])
def test_configs_of_runs(fuzz, altered, tmp_path, options):
    given = options(resume=str(tmp_path))

    def check(value):
        (tmp_path / "config.json").write_text(json.dumps(value))
        try:
            made = resolve_resume(given)
        except UserError as error:
            assert str(error)
            return
        json.dumps(flat_dict(made), allow_nan=False)

    good = json.loads(json.dumps(flat_dict(options())))
    check(good)
    fuzz(check, altered(good))


def test_damaged_configs_of_runs(fuzz, damaged, tmp_path):
    given = TextConfig(resume=str(tmp_path))

    def check(data):
        (tmp_path / "config.json").write_bytes(data)
        with contextlib.suppress(UserError):
            resolve_resume(given)

    good = [b'{"seed": 1, "level": "word", "x": [1.5, null]}']
    fuzz(check, damaged(good))


def test_manifests_of_shards(fuzz, altered, tmp_path):
    shard = tmp_path / "shard-00000.tfrecord"
    shard.write_bytes(bytes(100))
    part = {"start": 12, "length": 40, "height": 30, "width": 31}
    manifest = {
        "format": 1,
        "settings": {"size": 48},
        "shards": [
            {
                "name": shard.name,
                "sha256": hashlib.sha256(bytes(100)).hexdigest(),
                "sources": [
                    {"name": "a", "print": [0.0] * 67, "parts": [part, part]},
                    {"name": "b", "print": [1.0] * 67, "parts": [part]},
                ],
            }
        ],
    }

    def check(value):
        text = json.dumps(value)
        (tmp_path / MANIFEST).write_text(text)
        try:
            found = find_sub_images(tmp_path, 16)
        except UserError as error:
            assert str(error)
            return
        # As `find_dataset` uses them.
        group_near_duplicates([info.fingerprint for info in found.values()])
        for path, info in found.items():
            assert path.parent == tmp_path
            assert all(16 <= side < 2**31 for side in info.size)
            assert np.isfinite(info.fingerprint).all()

    check(manifest)
    fuzz(check, altered(manifest))


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of a training, with the files it saved."""
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1\n")
    optimizer = types.SimpleNamespace(variables=[])
    gan = types.SimpleNamespace(
        variables=[keras.Variable(np.ones((2, 3)))],
        g_optimizer=optimizer,
        d_optimizer=optimizer,
        extra_state=[],
        trackers=[types.SimpleNamespace(variables=[keras.Variable(1.0)])],
        stage="",
    )

    class Callback:
        def get_state(self):
            return {"value": 1.0, "name": "a", "weight": np.ones(2, "f4")}

        def set_state(self, state):
            self.value = float(state["value"])
            self.name = state["name"]
            self.weight = state["weight"] + 0

    saved = TrainingCheckpoint(
        tmp_path, gan, [Callback()], {"data": {"train": 3}}
    )
    saved.on_epoch_end(0, {"loss": 1.0})
    saved.on_epoch_begin(1)
    saved.on_train_batch_end(6)
    saved.save()
    return saved


def write_named(folder, data):
    for old in folder.iterdir():
        old.unlink()
    digest = hashlib.sha256(data).hexdigest()[:16]
    (folder / f"epoch-000001-{digest}.npz").write_bytes(data)


def check_restore(checkpoint):
    """Restores the file that is there, or raises an error of one sentence."""
    for name in ("epoch", "step", "logs"):
        checkpoint.__dict__.pop(name, None)
    checkpoint._arrays = {}
    try:
        checkpoint.restore([2, 3])
        done = checkpoint.restore_stage(0, 2)
    except UserError as error:
        assert str(error)
        return
    assert done in range(3)
    assert checkpoint.step >= 0
    assert all(isinstance(v, float) for v in checkpoint.logs.values())


def test_damaged_checkpoints(fuzz, damaged, checkpoint):
    """Their checksum is right, as in a malicious file."""
    good = [path.read_bytes() for path in checkpoint_paths(checkpoint.folder)]

    def check(data):
        write_named(checkpoint.folder, data)
        check_restore(checkpoint)

    check(good[0])
    fuzz(check, damaged(good))


def test_altered_metadata(fuzz, altered, checkpoint):
    arrays = read_arrays(checkpoint_paths(checkpoint.folder)[-1].read_bytes())
    metadata = json.loads(arrays.pop("facts").tobytes())

    def check(value):
        memory = io.BytesIO()
        data = np.frombuffer(json.dumps(value).encode(), np.uint8)
        np.savez(memory, facts=data, **arrays)
        write_named(checkpoint.folder, memory.getvalue())
        check_restore(checkpoint)

    check(metadata)
    fuzz(check, altered(metadata))
