import csv

import keras
import pytest

from gancore.callbacks.csv_logger import CSVLogger, read_log
from gancore.errors import RuntimeFailure


class AddMetric(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["unique"] = 0.5


def test_a_column_of_a_later_stage_is_empty_before(tmp_path, train):
    path = tmp_path / "log.csv"
    first = train(CSVLogger(path), epochs=2)
    train(
        AddMetric(),
        CSVLogger(path),
        epochs=3,
        initial_epoch=2,
        stage="adversarial",
    )
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:2] == ["epoch", "stage"]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [row["stage"] for row in rows] == ["pixel", "pixel", "adversarial"]
    assert [row["unique"] for row in rows] == ["", "", "0.5"]
    for name, values in first.items():
        assert [float(row[name]) for row in rows[:2]] == values
    # The discriminator takes no step.
    assert "discrim_learning_rate" not in rows[0]
    assert float(rows[0]["learning_rate"]) == pytest.approx(0.5)
    table = read_log(path)
    assert table.to_dict("records") == rows


@pytest.mark.parametrize("text", [None, "", "\n", "epoch,loss\n"])
def test_a_log_without_epochs_has_no_rows(tmp_path, text):
    path = tmp_path / "log.csv"
    if text is not None:
        path.write_text(text)
    assert len(read_log(path)) == 0


def test_cells_are_kept_as_they_are(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,name\n0,1e-05,nan\n1,,NA\n2,0.10,null\n")
    assert read_log(path).to_dict("list") == {
        "epoch": ["0", "1", "2"],
        "loss": ["1e-05", "", "0.10"],
        "name": ["nan", "NA", "null"],
    }


@pytest.mark.parametrize("data", [b'a\n"', b"a\n\xff\n"])
def test_a_damaged_log_is_an_error_of_one_sentence(tmp_path, data):
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    with pytest.raises(RuntimeFailure, match=r"log\.csv cannot be read"):
        read_log(path)


@pytest.mark.integration
def test_a_full_disk_keeps_the_rows(tmp_path, on_a_small_disk):
    result = on_a_small_disk("""
        from pathlib import Path
        from types import SimpleNamespace
        import keras
        from gancore.errors import one_line_errors
        from gancore.callbacks.csv_logger import CSVLogger

        log = CSVLogger(Path("log.csv"))
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
    rows = read_log(tmp_path / "log.csv").to_dict("records")
    assert 50 < len(rows) < 1000
    for epoch, row in enumerate(rows):
        assert float(row["loss"]) == pytest.approx(epoch / 7)
