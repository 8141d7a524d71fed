import dataclasses
import json

import pytest

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training.config import TrainingConfig
from gancore.training.run_dir import make_run_dir, open_run_dir, resolve_resume


@dataclasses.dataclass(frozen=True, kw_only=True)
class Knobs(TrainingConfig):
    units: int = option(3, "Units.", group="g", low=1)
    widths: tuple[int, ...] = option((2, 3), "Widths.", group="g")
    file: str | None = option(None, "File.", group="g")


def test_a_run_is_gone_on_with_by_its_own_settings(tmp_path):
    knobs = Knobs(units=5, widths=(4,), ema_decay=0, file="x")
    run = make_run_dir(tmp_path, "gan", "data", knobs)
    again = resolve_resume(Knobs(resume=str(run)))
    assert again == dataclasses.replace(knobs, resume=str(run))


def test_flags_that_would_change_a_run_are_refused(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Knobs(units=5))
    # What it has, and what is usual, changes nothing.
    resolve_resume(Knobs(resume=str(run), units=5, widths=(2, 3)))
    with pytest.raises(UserError, match="which --units, --widths would change"):
        resolve_resume(Knobs(resume=str(run), units=6, widths=(1,)))


@pytest.mark.parametrize(
    "changes",
    [
        {"units": "5"},
        {"units": None},
        {"units": True},
        {"units": 1.5},
        {"widths": 3},
        {"widths": ["a"]},
        {"file": 7},
        {"ema_decay": "0"},
        {"of_another_gan": 1},
    ],
)
def test_settings_that_do_not_fit_are_named(tmp_path, changes):
    run = make_run_dir(tmp_path, "gan", "data", Knobs())
    path = run / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    (name,) = changes
    with pytest.raises(UserError, match=f"version, or damaged: {name}"):
        resolve_resume(Knobs(resume=str(run)))


def test_a_setting_that_is_missing_is_named(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Knobs())
    path = run / "config.json"
    settings = json.loads(path.read_text())
    del settings["units"]
    path.write_text(json.dumps(settings))
    with pytest.raises(UserError, match="damaged: units"):
        resolve_resume(Knobs(resume=str(run)))


def test_what_was_half_written_is_removed_and_nothing_else(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Knobs())
    (run / "state").mkdir()
    partial = run / "state" / ".0123456789ab.npz"
    others = [run / ".notes.txt", run / "0123456789ab.h5", run / "config.json"]
    for path in (partial, *others[:2]):
        path.write_bytes(b"PK")
    assert open_run_dir(Knobs(resume=str(run)), "gan", "data") == run
    assert not partial.exists() and all(path.exists() for path in others)
