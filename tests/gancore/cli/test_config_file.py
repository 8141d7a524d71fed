import dataclasses
import json

import pytest

from gancore.cli.config_file import as_json, load_config_file, settings_of
from gancore.cli.options import parse
from gancore.config_fields import check_ranges, option, positional
from gancore.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Knobs:
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


def said(tmp_path, settings):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    return str(path)


def printed(capsys, *words, **keywords):
    with pytest.raises(SystemExit) as stop:
        parse(Knobs, "about", [*words, "--print_config"], **keywords)
    assert stop.value.code in (0, None)
    return capsys.readouterr().out


def refused(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        parse(Knobs, "about", words, program="p", presets=PRESETS)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_what_is_printed_repeats_the_command(tmp_path, capsys):
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
        again = parse(Knobs, "about", ["--config", str(place)])
        assert as_json(again) == text
        assert again.photos == ("a.png", "b.png")
    assert capsys.readouterr().err == ""


def test_what_is_given_beside_it_counts_more(tmp_path):
    full = dataclasses.asdict(Knobs(photos=("a",), clean=False))
    given = said(tmp_path, {**full, "batch_size": 7})
    words = ["b", "--batch_size=8", "--clean", "--config", given]
    knobs = parse(Knobs, "about", words)
    assert knobs == Knobs(photos=("b",), batch_size=8, clean=True)
    words = ["--config", given, "b", "c"]
    assert parse(Knobs, "about", words).photos == ("b", "c")


def test_help_shows_what_the_file_says(tmp_path, capsys):
    with pytest.raises(SystemExit):
        path = said(tmp_path, {"batch_size": 77})
        parse(Knobs, "about", ["--config", path, "--help"])
    assert "default 77" in capsys.readouterr().out


def test_a_note_tells_what_the_file_leaves_out(tmp_path, capsys):
    path = said(tmp_path, {"batch_size": 7})
    assert parse(Knobs, "about", ["x", "--config", path]).batch_size == 7
    (line,) = capsys.readouterr().err.splitlines()
    assert "leaves out photos, dropout, rate and 3 more" in line


def test_a_whole_number_becomes_the_number_that_is_declared():
    found = settings_of(Knobs, {"dropout": 0, "rate": 1, "widths": [1, 2]})
    assert [type(v) for v in (found["dropout"], found["rate"])] == [float] * 2
    assert [type(v) for v in found["widths"]] == [float] * 2


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"bach_size": 3},
            'is no setting of this command (did you mean "batch_',
        ),
        ({"batch_size": "64"}, '"batch_size" is "64", not a whole number'),
        ({"batch_size": True}, '"batch_size" is true, not a whole number'),
        ({"batch_size": 1.5}, '"batch_size" is 1.5, not a whole number'),
        ({"dropout": None}, '"dropout" is null, not a number'),
        ({"dropout": 10**400}, "000..., not a number"),
        ({"rate": "x"}, '"rate" is "x", not a number or null'),
        ({"widths": [1, "a"]}, "not a list, each a number"),
        ({"clean": 1}, '"clean" is 1, not true or false'),
        ({"file": ["x"]}, '"file" is ["x"], not a text or null'),
        ({"batch_size": 0}, "--batch_size is 0, less than 1"),
        ({"x\x1b[2J": 0}, '"x?[2J" is no setting'),
        ([], "holds no JSON object of settings"),
    ],
)
def test_what_cannot_be_a_setting_is_named(
    tmp_path, capsys, settings, complaint
):
    if isinstance(settings, dict):
        knobs = Knobs(photos=("a",), batch_size=1)
        settings = {**dataclasses.asdict(knobs), **settings}
    line = refused(capsys, "--config", said(tmp_path, settings))
    assert line.startswith("p: error: ") and complaint in line


@pytest.mark.parametrize("text", ["", "[1", '{"rate": NaN}', "[" * 10**5])
def test_what_is_no_json_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"x.json cannot be read: ."):
        load_config_file(Knobs, str(path))
    with pytest.raises(UserError, match="No such file"):
        load_config_file(Knobs, str(tmp_path / "absent"))


def test_settings_come_from_one_place(tmp_path, capsys):
    words = ["--config", said(tmp_path, {}), "--preset", "large"]
    assert "--preset: not allowed with" in refused(capsys, *words)
