"""Configurations that hold other ones, whose options stay flat."""

from __future__ import annotations

import dataclasses
import json

import pytest

from gancore.cli.config_file import to_json
from gancore.cli.options import parse
from gancore.config_fields import (
    check_ranges,
    flat_dict,
    flat_fields,
    flat_types,
    from_flat,
    option,
    rename_old_options,
)
from gancore.environment import command_line
from gancore.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Losses:
    kind: str = option("l1", "Kind.", group="losses", choices=("l1", "mse"))
    weight: float = option(
        1.0, "Weight.", group="losses", low=0.0, was="factor"
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    epochs: int = option(2, "Epochs.", group="training", low=1)
    losses: Losses = dataclasses.field(default_factory=Losses)
    names: tuple[str, ...] = option((), "Names.", group="training")

    def __post_init__(self) -> None:
        check_ranges(self)


def test_options_of_a_nested_configuration_are_flat() -> None:
    names = ["epochs", "kind", "weight", "names"]
    assert [field.name for field in flat_fields(Config)] == names
    assert list(flat_types(Config)) == names
    assert flat_types(Config)["weight"] is float
    config = Config(losses=Losses(weight=0.5))
    assert flat_dict(config) == {
        "epochs": 2,
        "kind": "l1",
        "weight": 0.5,
        "names": (),
    }
    assert from_flat(Config, flat_dict(config)) == config
    assert from_flat(Config, {"epochs": 3}) == Config(epochs=3)


@pytest.mark.parametrize(
    ("name", "value"), [("weight", -1.0), ("kind", "l2"), ("epochs", 0)]
)
def test_ranges_are_checked_at_every_level(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"--{name} is"):
        from_flat(Config, {name: value})


def test_unknown_options_are_an_error() -> None:
    with pytest.raises(TypeError, match="width"):
        from_flat(Config, {"width": 1})


def test_flags_and_files_have_no_prefix(tmp_path, capsys) -> None:
    config = parse(Config, "A.", ["--weight=0.25", "--names", "a", "b"])
    assert config == Config(losses=Losses(weight=0.25), names=("a", "b"))
    assert command_line("train", config) == "train --names a b --weight 0.25"
    assert json.loads(to_json(config))["weight"] == 0.25
    path = tmp_path / "config.json"
    path.write_text(to_json(config))
    assert parse(Config, "A.", ["--config", str(path)]) == config
    with pytest.raises(SystemExit):
        parse(Config, "A.", ["--help"])
    assert "--weight" in capsys.readouterr().out


def test_old_names_are_known_at_every_level() -> None:
    assert rename_old_options(Config, {"factor": 2.0}) == {"weight": 2.0}
    config = parse(Config, "A.", ["--factor", "2"])
    assert config.losses.weight == 2.0
