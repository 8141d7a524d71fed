import os

import numpy as np
import pandas
import pytest

from adversarial.epoch_log import EpochLog, read_rows


def test_rows_of_all_stages_stand_under_their_names(tmp_path):
    path = tmp_path / "log.csv"
    EpochLog(path).on_epoch_end(0, {"loss": 0.1, "a": np.float32(2)})
    # Another process, and a stage that tells more.
    EpochLog(path).on_epoch_end(1, {"loss": 1e-9, "a": 3.0, "val_b": 4.0})
    table = pandas.read_csv(path)
    assert list(table.columns) == ["epoch", "a", "loss", "val_b"]
    np.testing.assert_array_equal(
        table.to_numpy(), [[0, 2, 0.1, np.nan], [1, 3, 1e-9, 4]]
    )
    assert os.listdir(tmp_path) == ["log.csv"]


def test_a_full_disk_keeps_the_rows(tmp_path, on_a_small_disk):
    result = on_a_small_disk("""
        from pathlib import Path
        from adversarial.epoch_log import EpochLog
        from adversarial.messages import plain_errors

        log = EpochLog(Path("log.csv"))
        with plain_errors("test"):
            for epoch in range(1000):
                log.on_epoch_end(epoch, {"loss": epoch / 7})
    """)
    assert result.returncode == 1
    assert "error: could not write log.csv: File too large" in result.stderr
    rows = read_rows(tmp_path / "log.csv")
    assert 50 < len(rows) < 1000
    for epoch, row in enumerate(rows):
        assert float(row["loss"]) == pytest.approx(epoch / 7)
