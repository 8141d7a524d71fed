"""Options of version 0.1 are hidden aliases of those of today."""

import dataclasses
import json

import pytest

from gancore.cli.options import parse
from gancore.config_fields import check_ranges, option, positional


@dataclasses.dataclass(frozen=True, kw_only=True)
class Losses:
    adversarial_loss: str = option(
        "relativistic",
        "Loss.",
        group="losses",
        choices=("relativistic", "feature_matching"),
        was="signal",
        values_were={"mmd": "feature_matching"},
    )

    def __post_init__(self):
        check_ranges(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    photos: tuple[str, ...] = positional("Images.")
    discriminator_epochs: int = option(
        1, "Epochs.", group="g", was="judge_epochs"
    )
    train_embeddings: bool = option(
        True, "Train.", group="g", was="tune_embeddings"
    )
    no_repeat_ngram_size: int = option(
        0, "Length.", group="g", was="no_repeats"
    )
    loggers: tuple[str, ...] = option((), "Loggers.", group="g", was="track")
    losses: Losses = dataclasses.field(default_factory=Losses)

    def __post_init__(self):
        check_ranges(self)


def parsed(*words):
    return parse(Options, "about", ["a.png", *words])


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--judge_epochs", "2"], "discriminator_epochs", 2),
        (["--judge-epochs=2"], "discriminator_epochs", 2),
        (["--no-tune_embeddings"], "train_embeddings", False),
        (["--no_tune_embeddings"], "train_embeddings", False),
        (
            ["--no-tune-embeddings", "--tune_embeddings"],
            "train_embeddings",
            True,
        ),
        (["--no_repeats", "3"], "no_repeat_ngram_size", 3),
        (["--no-repeats=3"], "no_repeat_ngram_size", 3),
        (["--track", "wandb", "mlflow"], "loggers", ("wandb", "mlflow")),
    ],
)
def test_an_old_flag_is_an_alias(words, name, value):
    assert getattr(parsed(*words), name) == value


@pytest.mark.parametrize(
    "words",
    [
        ["--signal", "mmd"],
        ["--signal=mmd"],
        ["--adversarial_loss", "mmd"],
        ["--signal", "feature_matching"],
    ],
)
def test_an_old_value_is_an_alias(words):
    assert parsed(*words).losses.adversarial_loss == "feature_matching"


def test_only_values_of_that_option_are_replaced():
    assert parsed("--track", "mmd").loggers == ("mmd",)
    words = ["--signal", "mmd", "--", "mmd"]
    assert parse(Options, "about", words).photos == ("mmd",)


def test_an_old_config_file_is_read(tmp_path, capsys):
    path = tmp_path / "config.json"
    old = {
        "photos": ["a.png"],
        "judge_epochs": 2,
        "tune_embeddings": False,
        "no_repeats": 3,
        "track": ["wandb"],
        "signal": "mmd",
    }
    path.write_text(json.dumps(old))
    assert parse(Options, "about", ["--config", str(path)]) == Options(
        photos=("a.png",),
        discriminator_epochs=2,
        train_embeddings=False,
        no_repeat_ngram_size=3,
        loggers=("wandb",),
        losses=Losses(adversarial_loss="feature_matching"),
    )
    assert capsys.readouterr().err == ""


def test_old_names_are_not_in_the_help(capsys):
    with pytest.raises(SystemExit):
        parse(Options, "about", ["--help"])
    text = capsys.readouterr().out
    for name in ("judge", "tune", "no_repeats", "track", "signal", "mmd"):
        assert name not in text


def test_an_error_names_the_option_of_today(capsys):
    with pytest.raises(SystemExit):
        parsed("--judge_epochs", "two")
    assert "--discriminator_epochs: invalid int" in capsys.readouterr().err
