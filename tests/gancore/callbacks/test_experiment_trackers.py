"""Both trackers, kept on this machine, read back by their own readers."""

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


class Message(experiment_trackers.Tracker):
    """Remembers what it is told, or is away."""

    name = "mlflow"
    away = False

    def begin(self, run, settings, folder):
        self.begun.append((run, settings["seed"]))
        return run or "first"

    def tell(self, numbers, epoch):
        if self.away:
            raise OSError("no route\nto host")
        self.message.append((epoch, sorted(numbers)))


@pytest.fixture
def message(monkeypatch):
    monkeypatch.setattr(Message, "begun", [], raising=False)
    monkeypatch.setattr(Message, "message", [], raising=False)
    return Message


def test_each_epoch_is_message_once_over_a_stop(tmp_path, train, message):
    train(message(CONFIG, tmp_path), epochs=3)
    # The state of the third was lost.
    train(message(CONFIG, tmp_path), epochs=5, begin=2)
    assert message.begun == [("", 3), ("first", 3)]
    assert [epoch for epoch, _ in message.message] == [1, 2, 3, 4, 5]
    names = ["gen_loss", "learning_rate", "psnr", "val_gen_loss", "val_psnr"]
    assert message.message[0][1] == names


def test_a_training_outlives_its_tracker(
    tmp_path, train, message, monkeypatch, capsys
):
    monkeypatch.setattr(message, "away", True)
    assert len(train(message(CONFIG, tmp_path), epochs=3)["psnr"]) == 3
    assert capsys.readouterr().err.splitlines() == [
        "warning: --loggers mlflow is told no more: no route; log.csv has all "
        "numbers"
    ]
    assert json.loads((tmp_path / "mlflow.json").read_text())["epoch"] == 0


def test_a_tracker_that_does_not_begin_is_one_sentence(tmp_path):
    (tmp_path / "wandb.json").write_text("no JSON")
    config = dataclasses.replace(CONFIG, track=("wandb",))
    with pytest.raises(
        RuntimeFailure, match="--loggers wandb does not begin: "
    ):
        experiment_trackers.make_trackers(config, tmp_path)


@pytest.mark.parametrize("config", [srgan.config.Config, textgan.config.Config])
@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"track": ("wandb",)}, "wandb"),
        ({"track": ("mlflow",)}, "mlflow"),
        ({"tensorboard": True}, "tensorboard"),
    ],
)
def test_what_is_not_installed_is_said_at_once(
    config, settings, package, monkeypatch
):
    monkeypatch.setattr(lazy, "installed", lambda name: name != package)
    sentence = rf'needs {package}, .* "keras-textgan-srgan\[{package}\]" brings'
    with pytest.raises(UserError, match=sentence):
        config(**settings)


def test_an_unknown_tracker_is_refused():
    with pytest.raises(UserError, match="not one of wandb, mlflow"):
        TrainingConfig(track=("neptune",))


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
from gancore.training.config import TrainingOptions
from gancore.callbacks.experiment_trackers import make_trackers

class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == STOP:
            sys.exit(7)

folder = Path("runs/toys/data/now").resolve()
folder.mkdir(parents=True, exist_ok=True)
gan = Toy(dense(), dense(), [keras.metrics.Mean(name="gen_loss")])
gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.Adam())
config = TrainingOptions(track=("TRACKER",), seed=3)
gan.fit(tf.ones((4, 2)), initial_epoch=BEGIN, epochs=4, verbose=0,
        callbacks=[*make_trackers(config, folder), Stop()])
"""
# The sum of kernel and bias, all of which fall by 0.5 in a step. The second
# process begins anew, and its first epoch was told by the first.
_LOSSES = [2.0, 0.5, -1.0, 0.5]


def run(folder, tracker, begin, stop):
    code = _TRAIN
    values = {
        "TESTS": repr(os.path.dirname(__file__)),
        "TRACKER": tracker,
        "BEGIN": str(begin),
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
def test_mlflow_keeps_each_epoch_beside_the_runs(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/runs/mlflow.db")
    assert "MLflow keeps this run in sqlite:///" in run(
        tmp_path, "mlflow", 0, 3
    )

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
    """Reads the log that W&B keeps, blocks of 32 KiB as LevelDB has them."""
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
def test_wandb_keeps_each_epoch_in_the_runs_folder(tmp_path):
    pytest.importorskip("wandb")
    message = run(tmp_path, "wandb", 0, 3)
    assert "nothing is sent unless" in message
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
