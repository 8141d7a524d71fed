import re
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.callbacks.epoch_printer import EpochPrinter, format_number
from gancore.callbacks.progress_bar import ProgressBar, _clock, _pace
from gancore.callbacks.terminate_on_nonfinite import TerminateOnNonFinite
from gancore.errors import UserError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6102.4, "6.1024e+03"),
        (1.1181, "1.1181"),
        (999.0, "999.0000"),
        (-1.5, "-1.5000"),
        (0.00012, "1.2000e-04"),
        (0.0, "0.0000e+00"),
    ],
)
def test_numbers_are_formatted_as_by_keras(value, text):
    assert format_number(value) == text


class Counting(keras.Model):
    """Its loss is the number of the batch; `zebra` follows `alpha`."""

    def __init__(self, bad_batch: int = -1) -> None:
        super().__init__()
        self.bad_batch = bad_batch
        names = ("alpha", "loss", "zebra")
        self.means = [keras.metrics.Mean(name=name) for name in names]
        self.steps = self.add_weight(shape=(), initializer="zeros")
        self.built = True
        self.compile(optimizer=None)

    @property
    def metrics(self):
        return self.means

    def train_step(self, x):
        self.steps.assign_add(1.0)
        value = tf.where(
            self.steps == float(self.bad_batch), np.nan, self.steps
        )
        for mean in self.means:
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}

    def test_step(self, x):
        return self.train_step(x)


def fit(model, *callbacks, validate=True):
    data = tf.data.Dataset.range(4)
    model.fit(
        data,
        validation_data=data if validate else None,
        epochs=2,
        verbose=0,
        shuffle=False,
        callbacks=list(callbacks),
    )


def test_the_epoch_line_has_epoch_means_in_order(capsys):
    fit(Counting(), EpochPrinter(["loss"]))
    printed = re.sub(r" - \d+s", " - 0s", capsys.readouterr().out)
    lines = printed.splitlines()
    # The mean of 1..4 in training and of 5..8 in validation.
    assert lines[:2] == [
        "Epoch 1/2",
        " - 0s - loss: 2.5000 - val_loss: 6.5000 - alpha: 2.5000"
        " - val_alpha: 6.5000 - zebra: 2.5000 - val_zebra: 6.5000",
    ]
    assert lines[2] == "Epoch 2/2"
    assert " - loss: 10.5000 - " in lines[3]
    assert len(lines) == 4


def test_the_epoch_line_without_validation(capsys):
    fit(Counting(), EpochPrinter(["zebra", "loss"]), validate=False)
    line = capsys.readouterr().out.splitlines()[1]
    assert (
        re.sub(r"\d+s", "0s", line)
        == " - 0s - zebra: 2.5000 - loss: 2.5000 - alpha: 2.5000"
    )


def test_the_progress_bar_prints_nothing_to_a_file(capsys):
    fit(Counting(), ProgressBar(["loss"], interval=0))
    assert capsys.readouterr().out == ""


class Clock(keras.callbacks.Callback):
    """A clock on which a training step takes 50 s, and all else 0 s."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def monotonic(self):
        return self.now

    def on_train_batch_begin(self, batch, logs=None):
        self.now += 50


def redraws(capsys, monkeypatch, columns):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    clock = Clock()
    monkeypatch.setattr("gancore.callbacks.progress_bar.time", clock)
    fit(Counting(), clock, ProgressBar(["loss"], interval=0))
    out = capsys.readouterr().out
    assert "\n" not in out
    return out.split("\r\x1b[K")[1:]


def test_the_progress_bar_is_one_line_that_is_cleared(capsys, monkeypatch):
    drawn = redraws(capsys, monkeypatch, 30)
    assert drawn[:2] == ["0/4 - starting", "1/4 - loss: 1.0000"]
    assert drawn[-1] == ""
    assert max(map(len, drawn)) < 30


def test_the_progress_bar_shows_time_left_speed_losses_and_validation(
    capsys, monkeypatch
):
    drawn = redraws(capsys, monkeypatch, 100)
    assert drawn[:11] == [
        "0/4 [....................] - starting",
        # The first step includes compilation.
        "1/4 [=====...............] - loss: 1.0000",
        "2/4 [==========..........] - 1:40 left - 50.0s/step - loss: 1.5000",
        "3/4 [===============.....] - 0:50 left - 50.0s/step - loss: 2.0000",
        "4/4 [====================] - 0:00 left - 50.0s/step - loss: 2.5000",
        "validation",
        "validation 1/?",
        "validation 2/?",
        "validation 3/?",
        "validation 4/?",
        "",
    ]
    # Their number is known after the first validation.
    assert drawn[18] == "validation 2/4 [==========..........]"


@pytest.mark.parametrize(
    ("seconds", "clock", "pace"),
    [
        (0.0123, "0:00", "12ms/step"),
        (59.6, "1:00", "59.6s/step"),
        (3 * 3600 + 62, "3:01:02", "10862.0s/step"),
    ],
)
def test_times_are_formatted(seconds, clock, pace):
    assert (_clock(seconds), _pace(seconds)) == (clock, pace)


def test_training_stops_at_the_step_with_a_nan():
    model = Counting(bad_batch=2)
    with pytest.raises(UserError, match="at step 2 of the epoch alpha became"):
        fit(model, TerminateOnNonFinite())
    assert float(model.steps) == 2


def test_training_stops_at_a_validation_with_a_nan():
    # The four training steps are finite, the second of validation is not.
    with pytest.raises(UserError, match="in epoch 1 val_alpha became"):
        fit(Counting(bad_batch=6), TerminateOnNonFinite())
