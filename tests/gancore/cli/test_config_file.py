import dataclasses
import json

import pytest

from gancore.cli.config_file import load_config_file, to_json, typed_values
from gancore.cli.options import parse
from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    photos: tuple[str, ...] = positional("Images.")
    batch_size: int = option(64, "Texts.", group="g", low=1)
    dropout: float = option(0.3, "Share.", group="g")
    rate: float | None = option(None, "Step.", group="g")
    widths: tuple[float, ...] = option((2.0,), "Widths.", group="g")
    clean: bool = option(True, "Clean.", group="g")
    file: str | None = option(None, "File.", group="g")

    def __post_init__(self) -> None:
        check_ranges(self)


PRESETS = {"large": {"batch_size": 256}}


def config_file(tmp_path, values):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    return str(path)


def printed(capsys, *words, **keywords):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "about", [*words, "--print_config"], **keywords)
    assert stop.value.code in (0, None)
    return capsys.readouterr().out


def refused(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "about", words, program="p", presets=PRESETS)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_printed_config_repeats_the_command(tmp_path, capsys):
    words = ["a.png", "b.png", "--rate=0.1", "--widths", "1", "3", "--no-clean"]
    text = printed(capsys, *words, "--preset=large", presets=PRESETS)
    assert json.loads(text) == {
        "photos": ["a.png", "b.png"],
        "batch_size": 256,
        "dropout": 0.3,
        "rate": 0.1,
        "widths": [1.0, 3.0],
        "clean": False,
        "file": None,
    }
    (tmp_path / "config.json").write_text(text)
    # A file, or the folder of a run that has one.
    for place in (tmp_path, tmp_path / "config.json"):
        again = parse(Options, "about", ["--config", str(place)])
        assert to_json(again) == text
        assert again.photos == ("a.png", "b.png")
    assert capsys.readouterr().err == ""


def test_flags_take_precedence_over_the_file(tmp_path):
    full = dataclasses.asdict(Options(photos=("a",), clean=False))
    given = config_file(tmp_path, {**full, "batch_size": 7})
    words = ["b", "--batch_size=8", "--clean", "--config", given]
    options = parse(Options, "about", words)
    assert options == Options(photos=("b",), batch_size=8, clean=True)
    words = ["--config", given, "b", "c"]
    assert parse(Options, "about", words).photos == ("b", "c")


def test_help_shows_the_values_of_the_file(tmp_path, capsys):
    with pytest.raises(SystemExit):
        path = config_file(tmp_path, {"batch_size": 77})
        parse(Options, "about", ["--config", path, "--help"])
    assert "default 77" in capsys.readouterr().out


def test_missing_options_are_warned_about(tmp_path, capsys):
    path = config_file(tmp_path, {"batch_size": 7})
    assert parse(Options, "about", ["x", "--config", path]).batch_size == 7
    (line,) = capsys.readouterr().err.splitlines()
    assert "lacks photos, dropout, rate and 3 more" in line


def test_an_integer_becomes_a_float_where_one_is_declared():
    found = typed_values(Options, {"dropout": 0, "rate": 1, "widths": [1, 2]})
    assert [type(v) for v in (found["dropout"], found["rate"])] == [float] * 2
    assert [type(v) for v in found["widths"]] == [float] * 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"bach_size": 3},
            'is not an option of this command (did you mean "batch_',
        ),
        ({"batch_size": "64"}, '"batch_size" is "64", not an integer'),
        ({"batch_size": True}, '"batch_size" is true, not an integer'),
        ({"batch_size": 1.5}, '"batch_size" is 1.5, not an integer'),
        ({"dropout": None}, '"dropout" is null, not a number'),
        ({"dropout": 10**400}, "000..., not a number"),
        ({"rate": "x"}, '"rate" is "x", not a number or null'),
        ({"widths": [1, "a"]}, "not a list, each item a number"),
        ({"clean": 1}, '"clean" is 1, not true or false'),
        ({"file": ["x"]}, '"file" is ["x"], not a string or null'),
        ({"batch_size": 0}, "--batch_size is 0, less than 1"),
        ({"x\x1b[2J": 0}, '"x?[2J" is not an option'),
        ([], "is not a JSON object of options"),
    ],
)
def test_invalid_options_are_named(tmp_path, capsys, values, message):
    if isinstance(values, dict):
        options = Options(photos=("a",), batch_size=1)
        values = {**dataclasses.asdict(options), **values}
    line = refused(capsys, "--config", config_file(tmp_path, values))
    assert line.startswith("p: error: ") and message in line


@pytest.mark.parametrize("text", ["", "[1", '{"rate": NaN}', "[" * 10**5])
def test_invalid_json_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"x.json cannot be read: ."):
        load_config_file(Options, str(path))
    with pytest.raises(UserError, match="No such file"):
        load_config_file(Options, str(tmp_path / "absent"))


def test_config_and_preset_exclude_each_other(tmp_path, capsys):
    words = ["--config", config_file(tmp_path, {}), "--preset", "large"]
    assert "--preset: not allowed with" in refused(capsys, *words)
