"""Stages that are stopped within an epoch, beside ones that are not."""

import os
import signal
import threading
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.base_gan import BaseGAN
from gancore.callbacks.csv_logger import CSVLogger
from gancore.distribute.datasets import distributed_data
from gancore.errors import TrainingInterrupted, UserError
from gancore.training.checkpoint import TrainingCheckpoint
from gancore.training.fit import fit_stage
from gancore.training.interrupts import Interrupts

STEPS = 5


def dense():
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)]
    )


class Toy(BaseGAN):
    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.generator(x, training=True) ** 2)
        self.apply_gradients_to(
            tape, loss, self.generator_variables, self.g_optimizer
        )
        self.update_ema()
        return self.track(loss=(loss, tf.shape(x)[0]))

    def test_step(self, x):
        return self.track(loss=tf.reduce_mean(self.ema_generator(x)))


class Signals(keras.callbacks.Callback):
    """Sends signals to its own process at moments of a training."""

    def __init__(self, when, number=signal.SIGINT):
        super().__init__()
        self.when, self.number = when, number

    def _reach(self, *moment):
        for _ in range(self.when.count(moment)):
            os.kill(os.getpid(), self.number)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._reach("step", self.epoch, batch)

    def on_test_begin(self, logs=None):
        self._reach("validation", self.epoch)


def train(folder, *, resume=False, watching=(), stages=(3, 2)):
    """Trains two stages, or what is left of them."""
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(3)
    mean = keras.metrics.Mean(name="loss")
    gan = Toy(dense(), dense(), [mean], ema_decay=0.9)
    state = TrainingCheckpoint(folder, gan, [], {"data": "x"})
    if resume:
        state.find(stages)
    batches = tf.data.Dataset.range(STEPS * 4).map(
        lambda number: tf.cast(tf.stack([number, 3 * number]), "float32")
    )
    valid = batches.batch(10)

    def shuffled(seed):
        return batches.shuffle(20, seed=seed).batch(4)

    before = 0
    for epochs in stages:
        gan.compile(keras.optimizers.Adam(0.1), keras.optimizers.Adam())
        train = partial(shuffled, seed=before)
        strategy = tf.distribute.get_strategy()
        data = partial(distributed_data, strategy, train, valid)

        callbacks = [*watching, CSVLogger(folder / "log.csv")]
        fit_stage(gan, data, state, before, epochs, callbacks)
        before += epochs
    return [np.array(weight) for weight in gan.variables]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return train(folder), (folder / "log.csv").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("when", "message"),
    [
        (("step", 0, 0), "after step 1 of epoch 1"),
        (("step", 1, 3), "after step 4 of epoch 2"),
        # Behind the last step comes the validation, and then the state.
        (("step", 2, STEPS - 1), "after epoch 3"),
        (("validation", 1), "after epoch 2"),
        (("step", 3, 1), "after step 2 of epoch 4"),
        (("step", 4, 2), "after step 3 of epoch 5"),
    ],
)
def test_stopped_at_a_step_it_ends_as_if_never(
    tmp_path, whole, when, message, number, capfd
):
    run = tmp_path / "run"
    with pytest.raises(
        TrainingInterrupted,
        match=f"this goes on {message}: python .* --resume {run}$",
    ) as end:
        train(run, watching=[Signals([when], number)])
    assert end.value.status == 128 + number
    assert "stopping as soon as the step" in capfd.readouterr().err
    weights = train(run, resume=True)
    for ours, expected in zip(weights, whole[0], strict=True):
        np.testing.assert_array_equal(ours, expected)
    # The epoch's mean goes on as well.
    assert (run / "log.csv").read_bytes() == whole[1]


def test_it_may_be_stopped_again_and_again(tmp_path, whole):
    run = tmp_path / "run"
    stops = 0
    while True:
        # At the second step of each process; an epoch's rest counts from 0.
        moments = [("step", epoch, 1) for epoch in range(5)]
        try:
            weights = train(run, resume=stops > 0, watching=[Signals(moments)])
        except TrainingInterrupted:
            stops += 1
        else:
            break
        assert len(list((run / "state").iterdir())) <= 2
    # Two steps each, and what is left at an epoch's end.
    assert stops == 10
    for ours, expected in zip(weights, whole[0], strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert (run / "log.csv").read_bytes() == whole[1]


def test_asked_twice_it_stops_at_once(tmp_path):
    run = tmp_path / "run"
    twice = [("step", 1, 2), ("step", 1, 2)]
    with pytest.raises(TrainingInterrupted, match="goes on after epoch 1:"):
        train(run, watching=[Signals(twice)])
    again = tmp_path / "again"
    twice = [("step", 0, 2), ("step", 0, 2)]
    with pytest.raises(
        TrainingInterrupted, match="goes on from the beginning:"
    ):
        train(again, watching=[Signals(twice)])


def test_a_damaged_state_of_a_step_leaves_the_epoch_before(tmp_path, whole):
    run = tmp_path / "run"
    with pytest.raises(TrainingInterrupted):
        train(run, watching=[Signals([("step", 2, 2)])])
    epoch, step = sorted((run / "state").iterdir())
    assert "step" in step.name and "step" not in epoch.name
    step.write_bytes(step.read_bytes()[:-1])
    weights = train(run, resume=True)
    for ours, expected in zip(weights, whole[0], strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_what_no_epoch_holds_is_refused(tmp_path):
    strategy = tf.distribute.get_strategy()
    with pytest.raises(UserError, match="has 5 steps, not 5"):
        distributed_data(strategy, lambda: tf.data.Dataset.range(5), None, 0, 5)
    run = tmp_path / "run"
    with pytest.raises(TrainingInterrupted):
        train(run, watching=[Signals([("step", 2, 2)])])
    # The epoch that was begun is none of these.
    with pytest.raises(UserError, match="stages of other lengths"):
        train(run, resume=True, stages=(2, 2))


def test_signals_that_were_ignored_stay_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupts = Interrupts()
        with interrupts.heard():
            os.kill(os.getpid(), signal.SIGINT)
        assert not interrupts.asked
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_come_back_and_threads_have_none():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts().heard():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before

    def elsewhere():
        with Interrupts().heard():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before]
