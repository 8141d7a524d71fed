import keras
import pytest
import tensorflow as tf

from gancore.base_gan import BaseGAN
from gancore.callbacks.csv_logger import CSVLogger
from gancore.errors import RuntimeFailure, UserError
from gancore.training.checkpoint import TrainingCheckpoint


def dense(units):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])


class Toy(BaseGAN):
    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.generator(x))
        self.apply_gradients_to(
            tape, loss, self.generator_variables, self.g_optimizer
        )
        return self.track(loss=loss)


def make(units=1):
    gan = Toy(dense(units), dense(1), [keras.metrics.Mean(name="loss")])
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    return gan


def train(folder, epochs, stages=(9,), units=1, begin=False):
    """Trains a stage up to an epoch, from the state in a folder if any."""
    gan = make(units)
    state = TrainingCheckpoint(folder, gan, [], {"data": "x"})
    if not begin:
        state.find(stages)
    done = state.begin_stage(0, stages[0])
    log = CSVLogger(folder / "log.csv")
    gan.fit(
        tf.ones((4, 2)),
        initial_epoch=done,
        epochs=epochs,
        verbose=0,
        callbacks=[log, state],
    )
    return state, gan.generator.get_weights()


def kept(folder):
    names = sorted(path.name for path in (folder / "state").iterdir())
    return [int(name.split("-")[1]) for name in names]


def damage(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_two_good_files_are_kept_and_no_damaged_one(tmp_path):
    train(tmp_path, 3, begin=True)
    assert kept(tmp_path) == [2, 3]
    for path in (tmp_path / "state").glob("epoch-000003-*"):
        damage(path)
        # As of a machine that adds up in another order: its file has another
        # name, and sorts before the damaged one.
        path.rename(path.with_name(f"epoch-000003-{'f' * 16}.npz"))
    train(tmp_path, 3)
    assert kept(tmp_path) == [2, 3]
    assert not list((tmp_path / "state").glob(f"*{'f' * 16}*"))
    assert train(tmp_path, 3)[0].epoch == 3


def test_of_damaged_files_alone_nothing_is_begun_anew(tmp_path):
    train(tmp_path, 3, begin=True)
    log = (tmp_path / "log.csv").read_bytes()
    files = list((tmp_path / "state").iterdir())
    for path in files:
        damage(path)
    with pytest.raises(UserError, match="no good state"):
        train(tmp_path, 3)
    for path in files:
        path.unlink()
    with pytest.raises(UserError, match="no good state"):
        train(tmp_path, 3)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_stopped_in_its_first_epoch_it_begins_anew(tmp_path, capsys):
    (tmp_path / "state").mkdir()
    # Killed after the epoch's line, while its state was written.
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1.0\n")
    train(tmp_path, 2)
    assert "beginning with the first" in capsys.readouterr().err
    assert kept(tmp_path) == [1, 2]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


def test_the_log_keeps_its_bytes(tmp_path):
    train(tmp_path, 2, begin=True)
    log = (tmp_path / "log.csv").read_bytes()
    train(tmp_path, 2)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_other_networks_and_stages_are_message(tmp_path):
    train(tmp_path, 2, begin=True)
    with pytest.raises(UserError, match="other networks"):
        train(tmp_path, 2, units=3)
    # A stage that was written in and is shorter now.
    with pytest.raises(UserError, match="stages of other lengths"):
        train(tmp_path, 2, stages=(1, 4))
    train(tmp_path, 3, stages=(3,))
    assert kept(tmp_path) == [2, 3]


def test_weights_that_are_no_numbers_push_out_no_good_state(tmp_path):
    state, _ = train(tmp_path, 2, begin=True)
    files = sorted((tmp_path / "state").iterdir())
    weight = state.gan.generator.trainable_variables[0]
    weight.assign(weight * float("nan"))
    with pytest.raises(
        RuntimeFailure, match="a weight became infinite or no num"
    ):
        state.on_epoch_end(2, {"loss": 1.0})
    assert sorted((tmp_path / "state").iterdir()) == files
