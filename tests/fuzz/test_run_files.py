"""What trainings and `prepare` leave behind, changed by anyone."""

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
def test_settings_of_runs(fuzz, altered, tmp_path, options):
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


def test_damaged_settings_of_runs(fuzz, damaged, tmp_path):
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
        # What `find_pictures` does with them.
        group_near_duplicates([info.fingerprint for info in found.values()])
        for path, fact in found.items():
            assert path.parent == tmp_path
            assert all(16 <= side < 2**31 for side in fact.size)
            assert np.isfinite(fact.print).all()

    check(manifest)
    fuzz(check, altered(manifest))


@pytest.fixture
def state(tmp_path):
    """Makes a state of a training, and the file it kept."""
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1\n")
    rest = types.SimpleNamespace(variables=[])
    gan = types.SimpleNamespace(
        variables=[keras.Variable(np.ones((2, 3)))],
        g_optimizer=rest,
        d_optimizer=rest,
        extra_state=[],
        trackers=[types.SimpleNamespace(variables=[keras.Variable(1.0)])],
        stage="",
    )

    class Best:
        def get_state(self):
            return {"value": 1.0, "name": "a", "weight": np.ones(2, "f4")}

        def set_state(self, state):
            self.value = float(state["value"])
            self.name = state["name"]
            self.weight = state["weight"] + 0

    made = TrainingCheckpoint(tmp_path, gan, [Best()], {"data": {"train": 3}})
    made.on_epoch_end(0, {"loss": 1.0})
    made.on_epoch_begin(1)
    made.on_train_batch_end(6)
    made.keep()
    return made


def named(folder, data):
    for old in folder.iterdir():
        old.unlink()
    digest = hashlib.sha256(data).hexdigest()[:16]
    (folder / f"epoch-000001-{digest}.npz").write_bytes(data)


def goes_on(state):
    """Takes back what is there, or refuses."""
    for name in ("epoch", "step", "logs"):
        state.__dict__.pop(name, None)
    state._found = {}
    try:
        state.find([2, 3])
        done = state.begin_stage(0, 2)
    except UserError as error:
        assert str(error)
        return
    assert done in range(3)
    assert state.step >= 0
    assert all(isinstance(v, float) for v in state.logs.values())


def test_damaged_states(fuzz, damaged, state):
    """Their checksum is right, as of one who means harm."""
    good = [path.read_bytes() for path in checkpoint_paths(state.folder)]

    def check(data):
        named(state.folder, data)
        goes_on(state)

    check(good[0])
    fuzz(check, damaged(good))


def test_what_states_tell(fuzz, altered, state):
    arrays = read_arrays(checkpoint_paths(state.folder)[-1].read_bytes())
    message = json.loads(arrays.pop("facts").tobytes())

    def check(value):
        memory = io.BytesIO()
        data = np.frombuffer(json.dumps(value).encode(), np.uint8)
        np.savez(memory, facts=data, **arrays)
        named(state.folder, memory.getvalue())
        goes_on(state)

    check(message)
    fuzz(check, altered(message))
