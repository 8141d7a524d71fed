import dataclasses
import json

import pytest

import srgan.config
import textgan.config
from gancore.cli.config_file import load_config_file, to_json
from gancore.config_fields import flat_dict, old_names, option
from gancore.errors import UserError
from gancore.training.config import TrainingConfig
from gancore.training.run_dir import make_run_dir, open_run_dir, resolve_resume


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    units: int = option(3, "Units.", group="g", low=1)
    widths: tuple[int, ...] = option((2, 3), "Widths.", group="g")
    file: str | None = option(None, "File.", group="g")


def test_a_run_resumes_with_its_own_config(tmp_path):
    config = Config(units=5, widths=(4,), ema_decay=0, file="x")
    run = make_run_dir(tmp_path, "gan", "data", config)
    resumed = resolve_resume(Config(resume=str(run)))
    assert resumed == dataclasses.replace(config, resume=str(run))


def test_what_was_read_is_kept_beside_the_options(tmp_path):
    read = [{"file": "a.csv", "rows": 3, "texts": 2, "left_out": {"blank": 1}}]
    config = Config(units=5)
    run = make_run_dir(tmp_path, "gan", "data", config, read)
    found = json.loads((run / "config.json").read_text())
    assert found == {**json.loads(to_json(config)), "data_files": read}
    # Neither --resume nor --config takes it for an option.
    resumed = resolve_resume(Config(resume=str(run)))
    assert resumed == dataclasses.replace(config, resume=str(run))
    assert load_config_file(Config, str(run)) == flat_dict(config)


def test_flags_that_would_change_the_config_are_an_error(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Config(units=5))
    # Its own values and the defaults change nothing.
    resolve_resume(Config(resume=str(run), units=5, widths=(2, 3)))
    with pytest.raises(UserError, match="which --units, --widths would change"):
        resolve_resume(Config(resume=str(run), units=6, widths=(1,)))


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
def test_invalid_options_are_named(tmp_path, changes):
    run = make_run_dir(tmp_path, "gan", "data", Config())
    path = run / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    (name,) = changes
    with pytest.raises(UserError, match=f"version, or damaged, in {name}"):
        resolve_resume(Config(resume=str(run)))


def test_a_missing_option_is_named(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Config())
    path = run / "config.json"
    settings = json.loads(path.read_text())
    del settings["units"]
    path.write_text(json.dumps(settings))
    with pytest.raises(UserError, match="damaged, in units"):
        resolve_resume(Config(resume=str(run)))


def test_only_partial_files_are_removed(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Config())
    (run / "state").mkdir()
    partial = run / "state" / ".0123456789ab.npz"
    others = [run / ".notes.txt", run / "0123456789ab.h5", run / "config.json"]
    for path in (partial, *others[:2]):
        path.write_bytes(b"PK")
    assert open_run_dir(Config(resume=str(run)), "gan", "data") == run
    assert not partial.exists() and all(path.exists() for path in others)


@pytest.mark.parametrize("config", [srgan.config.Config, textgan.config.Config])
def test_a_run_of_version_0_1_is_understood(tmp_path, config):
    original = config(seed=5)
    old = {new: name for name, new in old_names(config).items()}
    assert old["loggers"] == "track" and len(old) > 5
    options = {old.get(n, n): v for n, v in flat_dict(original).items()}
    if "signal" in options:
        options["signal"] = "mmd"
    (tmp_path / "config.json").write_text(json.dumps(options))
    resumed = flat_dict(resolve_resume(config(resume=str(tmp_path))))
    expected = {**flat_dict(original), "resume": str(tmp_path)}
    if "signal" in options:
        expected["adversarial_loss"] = "feature_matching"
    assert resumed == expected


def test_a_run_of_an_unknown_version_is_an_error(tmp_path):
    run = make_run_dir(tmp_path, "gan", "data", Config())
    path = run / "config.json"
    options = {**json.loads(path.read_text()), "of_version_9": 1}
    path.write_text(json.dumps(options))
    with pytest.raises(UserError, match="version, or damaged, in of_version_9"):
        resolve_resume(Config(resume=str(run)))
