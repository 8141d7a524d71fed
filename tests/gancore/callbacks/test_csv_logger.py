import csv

import keras
import pytest

from gancore.callbacks.csv_logger import CSVLogger, read_log


class Measure(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["unique"] = 0.5


def test_a_column_that_comes_later_is_blank_before(tmp_path, train):
    path = tmp_path / "log.csv"
    first = train(CSVLogger(path), epochs=2)
    train(Measure(), CSVLogger(path), epochs=3, begin=2, stage="adversarial")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [row["stage"] for row in rows] == ["pixel", "pixel", "adversarial"]
    assert [row["unique"] for row in rows] == ["", "", "0.5"]
    for name, values in first.items():
        assert [float(row[name]) for row in rows[:2]] == values
    # The discriminator takes no step.
    assert "discrim_learning_rate" not in rows[0]
    assert float(rows[0]["learning_rate"]) == pytest.approx(0.5)


def test_a_log_that_is_not_there_has_no_rows(tmp_path):
    assert read_log(tmp_path / "log.csv") == []


def test_a_full_disk_keeps_the_rows(tmp_path, on_a_small_disk):
    result = on_a_small_disk("""
        from pathlib import Path
        from types import SimpleNamespace
        import keras
        from gancore.errors import one_line_errors
        from gancore.callbacks.csv_logger import EpochLog

        log = EpochLog(Path("log.csv"))
        adam = keras.optimizers.Adam()
        log.set_model(
            SimpleNamespace(stage="pixel", g_optimizer=adam, d_optimizer=adam)
        )
        with one_line_errors("test"):
            for epoch in range(1000):
                log.on_epoch_end(epoch, {"loss": epoch / 7})
    """)
    assert result.returncode == 1
    assert "error: could not write log.csv: File too large" in result.stderr
    rows = read_log(tmp_path / "log.csv")
    assert 50 < len(rows) < 1000
    for epoch, row in enumerate(rows):
        assert float(row["loss"]) == pytest.approx(epoch / 7)
