import keras
import pytest
import tensorflow as tf

from gancore.base_gan import BaseGAN
from gancore.callbacks.csv_logger import CSVLogger
from gancore.errors import RuntimeFailure, UserError
from gancore.training.checkpoint import TrainingCheckpoint
from gancore.training.checkpoint_io import write_checkpoint


def dense(units):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])


class Toy(BaseGAN):
    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.generator(x))
        self.apply_gradients_to(
            tape, loss, self.generator_variables, self.g_optimizer
        )
        return self.update_metrics(loss=loss)


def make(units=1):
    gan = Toy(dense(units), dense(1), [keras.metrics.Mean(name="loss")])
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    return gan


def train(folder, epochs, stages=(9,), units=1, resume=True):
    """Trains a stage up to an epoch, from the checkpoint in a folder if any."""
    gan = make(units)
    checkpoint = TrainingCheckpoint(folder, gan, [], {"data": "x"})
    if resume:
        checkpoint.restore(stages)
    done = checkpoint.restore_stage(0, stages[0])
    log = CSVLogger(folder / "log.csv")
    gan.fit(
        tf.ones((4, 2)),
        initial_epoch=done,
        epochs=epochs,
        verbose=0,
        callbacks=[log, checkpoint],
    )
    return checkpoint, gan.generator.get_weights()


def saved_epochs(folder):
    names = sorted(path.name for path in (folder / "state").iterdir())
    return [int(name.split("-")[1]) for name in names]


def damage(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_the_last_two_undamaged_files_are_kept(tmp_path):
    train(tmp_path, 3, resume=False)
    assert saved_epochs(tmp_path) == [2, 3]
    for path in (tmp_path / "state").glob("epoch-000003-*"):
        damage(path)
        # As of a machine with another order of summation: its file has another
        # checksum, and sorts before the damaged one.
        path.rename(path.with_name(f"epoch-000003-{'f' * 16}.npz"))
    train(tmp_path, 3)
    assert saved_epochs(tmp_path) == [2, 3]
    assert not list((tmp_path / "state").glob(f"*{'f' * 16}*"))
    assert train(tmp_path, 3)[0].epoch == 3


def test_without_an_undamaged_file_resuming_is_an_error(tmp_path):
    train(tmp_path, 3, resume=False)
    log = (tmp_path / "log.csv").read_bytes()
    files = list((tmp_path / "state").iterdir())
    for path in files:
        damage(path)
    with pytest.raises(UserError, match="no undamaged checkpoint"):
        train(tmp_path, 3)
    for path in files:
        path.unlink()
    with pytest.raises(UserError, match="no undamaged checkpoint"):
        train(tmp_path, 3)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_a_run_without_an_epoch_starts_with_the_first(tmp_path, capsys):
    (tmp_path / "state").mkdir()
    # Killed after the epoch was logged, before its checkpoint was written.
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1.0\n")
    train(tmp_path, 2)
    assert "starting with the first" in capsys.readouterr().err
    assert saved_epochs(tmp_path) == [1, 2]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


def test_the_log_is_restored_byte_by_byte(tmp_path):
    train(tmp_path, 2, resume=False)
    log = (tmp_path / "log.csv").read_bytes()
    train(tmp_path, 2)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_different_networks_and_stages_are_errors(tmp_path):
    train(tmp_path, 2, resume=False)
    with pytest.raises(UserError, match="different networks"):
        train(tmp_path, 2, units=3)
    # The stage is shorter than the epochs that are done.
    with pytest.raises(UserError, match="stages of other lengths"):
        train(tmp_path, 2, stages=(1, 4))
    train(tmp_path, 3, stages=(3,))
    assert saved_epochs(tmp_path) == [2, 3]


def test_nan_weights_replace_no_checkpoint(tmp_path):
    checkpoint, _ = train(tmp_path, 2, resume=False)
    files = sorted((tmp_path / "state").iterdir())
    weight = checkpoint.gan.generator.trainable_variables[0]
    weight.assign(weight * float("nan"))
    with pytest.raises(RuntimeFailure, match="a weight became NaN or infinite"):
        checkpoint.on_epoch_end(2, {"loss": 1.0})
    assert sorted((tmp_path / "state").iterdir()) == files


def test_a_checkpoint_of_another_version_is_an_error(tmp_path, monkeypatch):
    train(tmp_path, 1, resume=False)
    monkeypatch.setattr("gancore.training.checkpoint.__version__", "9.9.9")
    with pytest.raises(UserError, match="by another version of this program"):
        train(tmp_path, 2)


def test_a_checkpoint_of_version_0_1_is_an_error(tmp_path):
    """It has no format, and a log with the column `phase`."""
    (tmp_path / "log.csv").write_text("epoch,phase,loss\n0,pixel,1.0\n")
    variables = make().variables
    write_checkpoint(
        tmp_path / "state",
        1,
        0,
        {f"variable{i}": v.numpy() for i, v in enumerate(variables)},
        {
            "facts": {"version": "0.1.0", "data": "x"},
            "epoch": 1,
            "step": 0,
            "begun_at": 0,
            "logs": {"loss": 1.0},
            "others": [],
            "log": "epoch,phase,loss\n0,pixel,1.0\n",
        },
    )
    with pytest.raises(UserError, match="by another version of this program"):
        train(tmp_path, 2)


def test_different_data_are_an_error(tmp_path):
    train(tmp_path, 1, resume=False)
    checkpoint = TrainingCheckpoint(tmp_path, make(), [], {"data": "y"})
    with pytest.raises(UserError, match="is of different data"):
        checkpoint.restore([9])
