"""Both trackers, offline, read back by their own readers."""

import dataclasses
import json
import os
import struct
import subprocess
import sys

import pytest

import srgan.config
import textgan.config
from gancore import lazy
from gancore.callbacks import experiment_trackers
from gancore.errors import RuntimeFailure, UserError
from gancore.training.config import TrainingConfig

CONFIG = TrainingConfig(seed=3)


class FakeTracker(experiment_trackers.ExperimentTracker):
    """Records its calls, or fails."""

    name = "mlflow"
    offline = False

    def start_run(self, run, params, folder):
        self.runs.append((run, params["seed"]))
        return run or "first"

    def log_metrics(self, metrics, epoch):
        if self.offline:
            raise OSError("no route\nto host")
        self.logged.append((epoch, sorted(metrics)))


@pytest.fixture
def tracker(monkeypatch):
    monkeypatch.setattr(FakeTracker, "runs", [], raising=False)
    monkeypatch.setattr(FakeTracker, "logged", [], raising=False)
    return FakeTracker


def test_each_epoch_is_logged_once_over_a_restart(tmp_path, train, tracker):
    train(tracker(CONFIG, tmp_path), epochs=3)
    # The checkpoint of the third epoch was lost.
    train(tracker(CONFIG, tmp_path), epochs=5, initial_epoch=2)
    assert tracker.runs == [("", 3), ("first", 3)]
    assert [epoch for epoch, _ in tracker.logged] == [1, 2, 3, 4, 5]
    names = ["gen_loss", "learning_rate", "psnr", "val_gen_loss", "val_psnr"]
    assert tracker.logged[0][1] == names


def test_training_continues_when_the_tracker_fails(
    tmp_path, train, tracker, monkeypatch, capsys
):
    monkeypatch.setattr(tracker, "offline", True)
    assert len(train(tracker(CONFIG, tmp_path), epochs=3)["psnr"]) == 3
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: --loggers mlflow failed")
    assert ": no route; " in warning
    assert json.loads((tmp_path / "mlflow.json").read_text())["epoch"] == 0


def test_a_tracker_that_cannot_start_is_an_error_of_one_sentence(tmp_path):
    (tmp_path / "wandb.json").write_text("no JSON")
    config = dataclasses.replace(CONFIG, loggers=("wandb",))
    with pytest.raises(RuntimeFailure, match="--loggers wandb cannot start: "):
        experiment_trackers.make_experiment_trackers(config, tmp_path)


@pytest.mark.parametrize("config", [srgan.config.Config, textgan.config.Config])
@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"loggers": ("wandb",)}, "wandb"),
        ({"loggers": ("mlflow",)}, "mlflow"),
        ({"tensorboard": True}, "tensorboard"),
    ],
)
def test_a_missing_package_is_reported_at_once(
    config, settings, package, monkeypatch
):
    monkeypatch.setattr(lazy, "installed", lambda name: name != package)
    message = rf'needs {package}, .* "keras-textgan-srgan\[{package}\]"'
    with pytest.raises(UserError, match=message):
        config(**settings)


def test_an_unknown_tracker_is_refused():
    with pytest.raises(UserError, match="not one of wandb, mlflow"):
        TrainingConfig(loggers=("neptune",))


def test_a_bare_folder_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "no_such_tracker").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not lazy.installed("no_such_tracker")
    (tmp_path / "no_such_tracker" / "__init__.py").touch()
    assert lazy.installed("no_such_tracker")


# In a process of its own: both libraries finish when it ends.
_TRAIN = """
import sys
from pathlib import Path
import keras, tensorflow as tf
sys.path.insert(0, TESTS)
from conftest import Toy, dense
from gancore.training.config import TrainingConfig
from gancore.callbacks.experiment_trackers import make_experiment_trackers

class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == STOP:
            sys.exit(7)

folder = Path("runs/toys/data/now").resolve()
folder.mkdir(parents=True, exist_ok=True)
gan = Toy(dense(), dense(), [keras.metrics.Mean(name="gen_loss")])
gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.Adam())
config = TrainingConfig(loggers=("TRACKER",), seed=3)
gan.fit(tf.ones((4, 2)), initial_epoch=INITIAL, epochs=4, verbose=0,
        callbacks=[*make_experiment_trackers(config, folder), Stop()])
"""
# The sum of kernel and bias, all of which fall by 0.5 in a step. The second
# process has new weights, and its first epoch was logged by the first.
_LOSSES = [2.0, 0.5, -1.0, 0.5]


def run(folder, tracker, initial_epoch, stop):
    code = _TRAIN
    values = {
        "TESTS": repr(os.path.dirname(__file__)),
        "TRACKER": tracker,
        "INITIAL": str(initial_epoch),
        "STOP": str(stop),
    }
    for name, value in values.items():
        code = code.replace(name, value)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WANDB", "MLFLOW"))
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == (7 if stop < 4 else 0), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.slow
def test_mlflow_logs_each_epoch_to_the_folder_of_runs(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/runs/mlflow.db")
    assert "MLflow logs this run to sqlite:///" in run(tmp_path, "mlflow", 0, 3)

    def found_run():
        experiment = client.get_experiment_by_name("toys")
        (found,) = client.search_runs([experiment.experiment_id])
        return found

    assert found_run().info.status == "FAILED"
    run(tmp_path, "mlflow", 2, 9)
    found = found_run()
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "data/now"
    assert found.data.params["seed"] == "3"
    history = client.get_metric_history(found.info.run_id, "gen_loss")
    kept = [(metric.step, metric.value) for metric in history]
    assert kept == list(enumerate(_LOSSES, 1))
    assert not (tmp_path / "mlruns").exists()


def wandb_records(path):
    """Reads W&B's log, blocks of 32 KiB in the format of LevelDB."""
    from wandb.proto import wandb_internal_pb2

    data = path.read_bytes()
    assert data[:4] == b":W&B"
    at, parts = 7, b""
    while at + 7 <= len(data):
        if 2**15 - at % 2**15 < 7:  # No room for a header.
            at += -at % 2**15
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # Whole, or the last part.
            yield wandb_internal_pb2.Record.FromString(parts)
            parts = b""


@pytest.mark.slow
def test_wandb_logs_each_epoch_to_the_runs_folder(tmp_path):
    pytest.importorskip("wandb")
    assert "nothing is sent unless" in run(tmp_path, "wandb", 0, 3)
    run(tmp_path, "wandb", 2, 9)
    kept, names = [], set()
    folder = tmp_path / "runs/toys/data/now/wandb"
    for path in sorted(folder.glob("offline-run-*/*.wandb")):
        for record in wandb_records(path):
            if record.HasField("run"):
                names.add((record.run.run_id, record.run.project))
            if record.HasField("history"):
                row = {
                    item.key or "/".join(item.nested_key): item.value_json
                    for item in record.history.item
                }
                step = record.history.step.num
                kept.append((step, json.loads(row["gen_loss"])))
    assert kept == list(enumerate(_LOSSES, 1))
    # One run, over both processes.
    assert len(names) == 1 and names.pop()[1] == "toys"
