"""Stages interrupted within an epoch, compared with uninterrupted ones."""

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
from gancore.training.fit import StopSignals, fit_stage

STEPS = 5


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl-C raises, also where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
        return self.update_metrics(loss=(loss, tf.shape(x)[0]))

    def test_step(self, x):
        return self.update_metrics(loss=tf.reduce_mean(self.ema_generator(x)))


class SendSignals(keras.callbacks.Callback):
    """Sends signals to its own process at given moments of a training."""

    def __init__(self, when, number=signal.SIGINT):
        super().__init__()
        self.when, self.number = when, number

    def _send(self, *moment):
        for _ in range(self.when.count(moment)):
            os.kill(os.getpid(), self.number)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._send("step", self.epoch, batch)

    def on_test_begin(self, logs=None):
        self._send("validation", self.epoch)


def train(folder, *, resume=False, extra_callbacks=(), stages=(3, 2)):
    """Trains two stages, or the rest of them."""
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(3)
    mean = keras.metrics.Mean(name="loss")
    gan = Toy(dense(), dense(), [mean], ema_decay=0.9)
    checkpoint = TrainingCheckpoint(folder, gan, [], {"data": "x"})
    if resume:
        checkpoint.restore(stages)
    batches = tf.data.Dataset.range(STEPS * 4).map(
        lambda number: tf.cast(tf.stack([number, 3 * number]), "float32")
    )
    valid = batches.batch(10)

    def shuffled(seed):
        return batches.shuffle(20, seed=seed).batch(4)

    stage_start = 0
    for epochs in stages:
        gan.compile(keras.optimizers.Adam(0.1), keras.optimizers.Adam())
        train = partial(shuffled, seed=stage_start)
        strategy = tf.distribute.get_strategy()
        data = partial(distributed_data, strategy, train, valid)
        callbacks = [*extra_callbacks, CSVLogger(folder / "log.csv")]
        fit_stage(gan, data, checkpoint, stage_start, epochs, callbacks)
        stage_start += epochs
    return [np.array(weight) for weight in gan.variables]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    return train(folder), (folder / "log.csv").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("when", "position"),
    [
        (("step", 0, 0), "after step 1 of epoch 1"),
        (("step", 1, 3), "after step 4 of epoch 2"),
        # After the last step come the validation and the checkpoint.
        (("step", 2, STEPS - 1), "after epoch 3"),
        (("validation", 1), "after epoch 2"),
        (("step", 3, 1), "after step 2 of epoch 4"),
        (("step", 4, 2), "after step 3 of epoch 5"),
    ],
)
def test_a_training_resumed_after_a_step_is_bit_identical(
    tmp_path, uninterrupted, when, position, number, capfd
):
    run = tmp_path / "run"
    with pytest.raises(
        TrainingInterrupted,
        match=f"resume {position}: .* --resume {run}$",
    ) as error:
        train(run, extra_callbacks=[SendSignals([when], number)])
    assert error.value.status == 128 + number
    assert "stopping when the step" in capfd.readouterr().err
    weights = train(run, resume=True)
    for ours, expected in zip(weights, uninterrupted[0], strict=True):
        np.testing.assert_array_equal(ours, expected)
    # The epoch's means are resumed as well.
    assert (run / "log.csv").read_bytes() == uninterrupted[1]


def test_a_training_may_be_interrupted_many_times(tmp_path, uninterrupted):
    run = tmp_path / "run"
    stops = 0
    while True:
        # At the second step of each process; a resumed epoch counts from 0.
        moments = [("step", epoch, 1) for epoch in range(5)]
        try:
            weights = train(
                run, resume=stops > 0, extra_callbacks=[SendSignals(moments)]
            )
        except TrainingInterrupted:
            stops += 1
        else:
            break
        assert len(list((run / "state").iterdir())) <= 2
    # Two steps each, and the rest at an epoch's end.
    assert stops == 10
    for ours, expected in zip(weights, uninterrupted[0], strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert (run / "log.csv").read_bytes() == uninterrupted[1]


def test_the_second_signal_stops_immediately(tmp_path):
    run = tmp_path / "run"
    twice = [("step", 1, 2), ("step", 1, 2)]
    with pytest.raises(TrainingInterrupted, match="resume after epoch 1:"):
        train(run, extra_callbacks=[SendSignals(twice)])
    again = tmp_path / "again"
    twice = [("step", 0, 2), ("step", 0, 2)]
    with pytest.raises(TrainingInterrupted, match="resume from the start:"):
        train(again, extra_callbacks=[SendSignals(twice)])


def test_a_damaged_checkpoint_of_a_step_falls_back_to_the_epoch(
    tmp_path, uninterrupted
):
    run = tmp_path / "run"
    with pytest.raises(TrainingInterrupted):
        train(run, extra_callbacks=[SendSignals([("step", 2, 2)])])
    epoch, step = sorted((run / "state").iterdir())
    assert "step" in step.name and "step" not in epoch.name
    step.write_bytes(step.read_bytes()[:-1])
    weights = train(run, resume=True)
    for ours, expected in zip(weights, uninterrupted[0], strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_step_beyond_the_stages_is_an_error(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(TrainingInterrupted):
        train(run, extra_callbacks=[SendSignals([("step", 2, 2)])])
    # The interrupted epoch is in neither stage.
    with pytest.raises(UserError, match="stages of other lengths"):
        train(run, resume=True, stages=(2, 2))


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        signals = StopSignals()
        with signals.handled():
            os.kill(os.getpid(), signal.SIGINT)
        assert not signals.received
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_are_restored_and_threads_set_none():
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals().handled():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before

    def in_thread():
        with StopSignals().handled():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen = []
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert seen == [before]
