import dataclasses

import pytest

from gancore.cli.dispatch import Command, run_command
from gancore.cli.options import parse
from gancore.config_fields import check_ranges, option, positional


@dataclasses.dataclass(frozen=True)
class Options:
    batch_size: int = option(
        64, "Texts per step.", group="training", unit="texts", low=1
    )
    dropout: float = option(
        0.3, "Share dropped, 30 %.", group="nets", low=0.0, high=0.9
    )
    batch_norm: bool = option(False, "Normalise.", group="nets")
    scale: int = option(4, "Ratio.", group="nets", choices=(2, 4))
    data_dir: str | None = option(None, "Folder.", group="data")

    def __post_init__(self) -> None:
        check_ranges(self)


@pytest.mark.parametrize(
    "words",
    [
        ["--batch_size=8"],
        ["--batch-size=8"],
        ["--batch_size", "8"],
        ["--batch-size", "8"],
    ],
)
def test_flags_take_underscores_and_hyphens_equals_and_space(words):
    assert parse(Options, "about", words) == Options(batch_size=8)


@pytest.mark.parametrize("flag", ["--batch-norm", "--batch_norm"])
def test_boolean_flags(flag):
    assert parse(Options, "about", [flag]).batch_norm is True
    negative = "--no" + flag[1:]
    assert parse(Options, "about", [flag, negative]).batch_norm is False


def test_values_keep_their_hyphens():
    options = parse(Options, "about", ["--data-dir=my-photos_2/a-b"])
    assert options.data_dir == "my-photos_2/a-b"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batchsize=8"], "did you mean --batch_size?"),
        (["--batch_size=0"], "--batch_size is 0, less than 1"),
        (["--batch_size=eight"], "invalid int value: 'eight'"),
        (["--dropout=0.95"], "--dropout is 0.95, more than 0.9"),
        (["--dropout=nan"], "--dropout is nan, not a finite number"),
        (["--dropout=-inf"], "--dropout is -inf, not a finite number"),
        (["--data_dir="], "--data_dir is empty"),
        (["--scale=3"], "--scale is 3, not one of 2, 4"),
        (["--batch_size", "9" * 400], "--batch_size has more than 64 bits"),
        (["--batch_size=--"], "--batch_size: expected a value"),
        (["stray"], "unknown argument stray"),
        (["a\nb\x1bc\x1e\ud800"], "unknown argument a?b?c??;"),
        (["--batch_size"], "expected one argument"),
    ],
)
def test_an_error_is_one_line_and_status_2(words, message, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "about", words)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_help_lists_every_option_with_unit_and_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "about", ["--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Texts per step. [texts, default 64]" in text
    assert "Share dropped, 30 %. [default 0.3]" in text
    for field in dataclasses.fields(Options):
        assert f"--{field.name}" in text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Several:
    photos: tuple[str, ...] = positional("Images.")
    models: tuple[str, ...] = option(("a", "b"), "Models.", group="nets")
    sizes: tuple[int, ...] = option((), "Sizes.", group="nets", low=1)
    rate: float | None = option(0.5, "Step.", group="nets")

    def __post_init__(self) -> None:
        check_ranges(self)


def test_several_positionals_and_values_after_one_flag():
    assert parse(Several, "about", ["x.png", "y.png"]) == Several(
        photos=("x.png", "y.png")
    )
    words = ["x", "--models", "c", "d", "--sizes", "1", "2", "--rate=0.1"]
    assert parse(Several, "about", words) == Several(
        photos=("x",), models=("c", "d"), sizes=(1, 2), rate=0.1
    )
    # A file may be named like a flag.
    assert parse(Several, "about", ["--", "--my-file"]).photos == ("--my-file",)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x", "--photos", "y"], "--photos is positional"),
        ([], "required: PHOTOS"),
        ([""], "PHOTOS is empty"),
        (["x", "--sizes", "1", "0"], "--sizes is 0, less than 1"),
    ],
)
def test_errors_of_several_values(words, message, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Several, "about", words)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


PRESETS = {"small": {}, "large": {"batch_size": 256, "data_dir": "big"}}


def test_a_preset_changes_defaults_and_flags_change_the_preset():
    def batch_and_folder(*words):
        options = parse(Options, "about", words, presets=PRESETS)
        return options.batch_size, options.data_dir

    assert batch_and_folder() == (64, None)
    assert batch_and_folder("--preset=small") == (64, None)
    assert batch_and_folder("--preset", "large") == (256, "big")
    assert batch_and_folder("--batch-size=8", "--preset", "large") == (8, "big")


def test_help_shows_the_preset_that_is_asked_for(capsys):
    with pytest.raises(SystemExit):
        parse(Options, "about", ["--preset=large", "--help"], presets=PRESETS)
    assert "default 256" in capsys.readouterr().out


def test_an_unknown_preset_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "about", ["--preset=medium"], presets=PRESETS)
    assert stop.value.code == 2
    assert "medium" in capsys.readouterr().err


def run(options):
    return len(options.photos)


COMMANDS = {"count": Command(__name__, "Several", "Counts its words.")}


@pytest.fixture
def count(monkeypatch):
    """Calls the command, which lives in this file."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[Several.__module__])
    return lambda *words: run_command("program", COMMANDS, words)


def test_a_command_runs_with_its_options_and_returns_its_status(count):
    assert count("count", "x", "y", "z") == 3


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ([], 2, "Counts its words."),
        (["--help"], 0, "Counts its words."),
        (["cuont"], 2, "did you mean count?"),
    ],
)
def test_without_a_known_command(count, words, status, text, capsys):
    assert count(*words) == status
    captured = capsys.readouterr()
    assert text in captured.out + captured.err


def test_an_error_names_the_command(count, capsys):
    with pytest.raises(SystemExit) as stop:
        count("count")
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("program count: error: ")


@dataclasses.dataclass(frozen=True)
class Samples:
    no_repeat_ngram_size: int = option(
        0, "Length of runs.", group="logits_processors"
    )
    clean: bool = option(True, "Leave out.", group="logits_processors")


@pytest.mark.parametrize(
    "flag", ["--no_repeat_ngram_size", "--no-repeat-ngram-size"]
)
def test_the_name_of_an_option_may_begin_with_no(flag):
    words = [flag, "3", "--no_clean"]
    assert parse(Samples, "about", words) == Samples(3, False)


def test_every_program_prints_its_version(count, capsys):
    from gancore import __version__

    assert count("--version") == 0
    with pytest.raises(SystemExit) as stop:
        count("count", "--version")
    assert stop.value.code == 0
    message = capsys.readouterr().out.splitlines()
    assert message == [f"program {__version__}", f"program count {__version__}"]
