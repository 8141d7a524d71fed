import dataclasses

import pytest

from adversarial.command_line import check_ranges, option, parse


@dataclasses.dataclass(frozen=True)
class Knobs:
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
    assert parse(Knobs, "about", words) == Knobs(batch_size=8)


@pytest.mark.parametrize("flag", ["--batch-norm", "--batch_norm"])
def test_boolean_flags(flag):
    assert parse(Knobs, "about", [flag]).batch_norm is True
    negative = "--no" + flag[1:]
    assert parse(Knobs, "about", [flag, negative]).batch_norm is False


def test_values_keep_their_hyphens():
    knobs = parse(Knobs, "about", ["--data-dir=my-photos_2/a-b"])
    assert knobs.data_dir == "my-photos_2/a-b"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--batchsize=8"], "did you mean --batch_size?"),
        (["--batch_size=0"], "--batch_size is 0, less than 1"),
        (["--batch_size=eight"], "invalid int value: 'eight'"),
        (["--dropout=0.95"], "--dropout is 0.95, more than 0.9"),
        (["--dropout=nan"], "--dropout is nan, not a finite number"),
        (["--dropout=-inf"], "--dropout is -inf, not a finite number"),
        (["--data_dir="], "--data_dir is empty"),
        (["--scale=3"], "--scale is 3, not one of 2, 4"),
        (["stray"], "unknown argument stray"),
        (["--batch_size"], "expected one argument"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, complaint, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Knobs, "about", words)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert complaint in lines[0]


def test_help_lists_every_knob_with_unit_and_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Knobs, "about", ["--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Texts per step. [texts, default 64]" in text
    assert "Share dropped, 30 %. [default 0.3]" in text
    for field in dataclasses.fields(Knobs):
        assert f"--{field.name}" in text
