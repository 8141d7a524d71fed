import re
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from adversarial.callbacks import (
    Best,
    EpochLine,
    KeepBest,
    LiveProgress,
    StopOnNaN,
    format_number,
)
from adversarial.messages import UserError


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
def test_numbers_are_printed_as_in_the_original(value, text):
    assert format_number(value) == text


class Counting(keras.Model):
    """Its loss is the number of the batch; `zebra` comes after `alpha`."""

    def __init__(self, bad_batch: int = -1) -> None:
        super().__init__()
        self.bad_batch = bad_batch
        names = ("alpha", "loss", "zebra")
        self.means = [keras.metrics.Mean(name=name) for name in names]
        self.seen = self.add_weight(shape=(), initializer="zeros")
        self.built = True
        self.compile(optimizer=None)

    @property
    def metrics(self):
        return self.means

    def train_step(self, x):
        self.seen.assign_add(1.0)
        value = tf.where(self.seen == float(self.bad_batch), np.nan, self.seen)
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


def test_epoch_line_has_the_original_form_and_epoch_means(capsys):
    fit(Counting(), EpochLine(["loss"]))
    printed = re.sub(r" - \d+s", " - 0s", capsys.readouterr().out)
    lines = printed.splitlines()
    # The mean of 1..4 while training and of 5..8 while validating.
    assert lines[:2] == [
        "Epoch 1/2",
        " - 0s - loss: 2.5000 - val_loss: 6.5000 - alpha: 2.5000"
        " - val_alpha: 6.5000 - zebra: 2.5000 - val_zebra: 6.5000",
    ]
    assert lines[2] == "Epoch 2/2"
    assert " - loss: 10.5000 - " in lines[3]
    assert len(lines) == 4


def test_epoch_line_without_validation(capsys):
    fit(Counting(), EpochLine(["zebra", "loss"]), validate=False)
    line = capsys.readouterr().out.splitlines()[1]
    assert line == " - 0s - zebra: 2.5000 - loss: 2.5000 - alpha: 2.5000"


def test_progress_is_silent_in_a_file(capsys):
    fit(Counting(), LiveProgress(["loss"], interval=0))
    assert capsys.readouterr().out == ""


def test_progress_on_a_terminal_is_one_line_that_goes(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    fit(Counting(), LiveProgress(["loss"], interval=0))
    out = capsys.readouterr().out
    drawings = out.split("\r\x1b[K")
    assert "\n" not in out
    assert drawings[-1] == ""
    assert drawings[1].startswith("1/4 - ")
    assert "loss: 1.0000" in drawings[1]
    assert max(map(len, drawings)) < 30


def test_training_stops_at_the_step_that_is_not_a_number():
    model = Counting(bad_batch=2)
    with pytest.raises(UserError, match="at step 2 of the epoch alpha became"):
        fit(model, StopOnNaN())
    assert float(model.seen) == 2


def test_training_stops_at_a_validation_that_is_not_a_number():
    # Four steps of training are well, the second of validation is not.
    with pytest.raises(UserError, match="in epoch 1 val_alpha became"):
        fit(Counting(bad_batch=6), StopOnNaN())


@pytest.mark.parametrize(
    ("higher", "kept"), [(True, [3.0, 4.0]), (False, [3.0, 1.0])]
)
def test_the_best_epoch_is_kept(higher, kept):
    saved = []
    keep = KeepBest("val_psnr", higher, lambda logs: saved.append(dict(logs)))
    for epoch, value in enumerate([3.0, 1.0, 4.0, 2.0]):
        keep.on_epoch_end(epoch, {"val_psnr": value, "loss": 0.0})
    assert [logs["val_psnr"] for logs in saved] == kept


def test_the_best_weights_of_several_fits_come_back():
    network = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    network.build((None, 1))

    def end_epoch(epoch, nll):
        network.set_weights([np.full((1, 1), nll)])
        best.on_epoch_end(epoch, {"val_nll": nll, "other": 1.0})

    best = Best(network, "val_nll")
    best.stage = "init"
    best.consider(0, {"val_nll": 9.0})
    best.stage = "likelihood"
    for epoch, nll in enumerate((5.0, 3.0, 4.0)):
        end_epoch(epoch, nll)
    best.stage = "adversarial"
    end_epoch(3, 3.0)  # as good is no better
    assert (best.epoch, best.found_in) == (2, "likelihood")
    assert best.logs == {"val_nll": 3.0, "other": 1.0}
    network.set_weights([np.zeros((1, 1))])
    best.restore()
    assert network.get_weights()[0] == 3.0
