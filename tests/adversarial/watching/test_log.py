import csv

import keras
import pytest

from adversarial.watching.log import EpochLog, read_log


class Measure(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["unique"] = 0.5


def test_a_column_that_comes_later_is_blank_before(tmp_path, train):
    path = tmp_path / "log.csv"
    first = train(EpochLog(path), epochs=2)
    train(Measure(), EpochLog(path), epochs=3, begin=2, phase="adversarial")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [row["phase"] for row in rows] == ["pixel", "pixel", "adversarial"]
    assert [row["unique"] for row in rows] == ["", "", "0.5"]
    for name, values in first.items():
        assert [float(row[name]) for row in rows[:2]] == values
    # The judge takes no step.
    assert "discrim_learning_rate" not in rows[0]
    assert float(rows[0]["learning_rate"]) == pytest.approx(0.5)


def test_a_log_that_is_not_there_has_no_rows(tmp_path):
    assert read_log(tmp_path / "log.csv") == []
