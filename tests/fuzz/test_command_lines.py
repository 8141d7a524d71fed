"""Any arguments of any command: valid options, or an error of one line."""

import contextlib
import importlib
import io
import math
import random

import pytest
from hypothesis import strategies as st

from gancore.cli.dispatch import run_command
from gancore.cli.options import parse
from gancore.config_fields import check_ranges, flat_dict, flat_fields
from srgan.__main__ import COMMANDS as SRGAN_COMMANDS
from srgan.config import Config as SRGANConfig
from srgan.presets import PRESETS as SRGAN_PRESETS
from textgan.__main__ import COMMANDS as TEXTGAN_COMMANDS
from textgan.config import Config as TextGANConfig
from textgan.presets import PRESETS as TEXTGAN_PRESETS

OPTIONS = [
    (getattr(importlib.import_module(command.module), command.options), None)
    for commands in (SRGAN_COMMANDS, TEXTGAN_COMMANDS)
    for command in commands.values()
] + [(SRGANConfig, SRGAN_PRESETS), (TextGANConfig, TEXTGAN_PRESETS)]
VALUES = (
    "", " ", "0", "1", "2", "-1", "1.5", "-0.0", "1e400", "-1e400", "nan",
    "NaN", "inf", "-inf", "infinity", "1_0", "１２", "0x10", "1e-320", "true",
    "None", "a", "-", "--", "---", "=", "-=", "é", "\ud800", "\udcff", "a\nb",
    "\x1b[31m", "%s", "%(prog)s", "{}", "@file", "-h ", "4", "8", "16", "96",
    "100", "word", "char", "cpu", "unet", "blind", "../..", "/", "nul", "a=b",
    "9" * 30, "9" * 400, "9" * 4300, "9" * 5000, "-" + "9" * 400,
    "1" + "0" * 19, "x" * 5000, "1 2", "1,2", "[1]", "+3", "٣", "1e3", "1e300",
    "0.1", ".9",
)  # fmt: skip


def words(options, presets, free, seed):
    """Builds a command line of flags, changed flags, and any values."""
    chance = random.Random(seed)
    fields = flat_fields(options)
    made = []
    for field in fields:
        if not field.metadata["group"] and chance.random() < 0.9:
            made.append(chance.choice(("a", "b.h5", *VALUES)))
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 6))):
        field = chance.choice(fields)
        flag = f"--{field.name}"
        kind = chance.random()
        if kind < 0.1:
            flag = flag.replace("_", "-")
        elif kind < 0.2:
            flag = flag.replace("--", chance.choice(("--no-", "--no_", "-")))
        elif kind < 0.25:
            at = chance.randrange(len(flag))
            flag = flag[:at] + chance.choice(VALUES) + flag[at + 1 :]
        elif kind < 0.3:
            # The name of version 0.1.
            flag = f"--{field.metadata.get('was') or field.name}"
        elif kind < 0.33 and presets:
            flag = "--preset"
            made += [flag, chance.choice([*presets, "none"])]
            continue
        value = chance.choice(VALUES)
        if field.metadata["choices"] and chance.random() < 0.5:
            value = str(chance.choice(field.metadata["choices"]))
        kind = chance.random()
        if kind < 0.2:
            made.append(f"{flag}={value}")
        elif kind < 0.3:
            made.append(flag)
        else:
            made += [flag, value]
            if chance.random() < 0.05:
                made += chance.choices(VALUES, k=chance.randint(1, 5))
    if free and chance.random() < 0.3:
        made.insert(chance.randrange(len(made) + 1), free[0])
        made += free[1:]
    # Help is tested below, and takes long.
    return [w for w in made if w != "--help" and not w.startswith("-h")]


def check_message(error, message):
    """Checks how an invalid command line ends."""
    assert error.code == 2
    assert len(message.splitlines()) == 1
    assert message.startswith("prog: error: ")
    assert len(message) < 20_000


def test_command_lines(fuzz):
    def check(case):
        (options, presets), free, seed = case
        given = words(options, presets, free, seed)
        err = io.StringIO()
        try:
            with contextlib.redirect_stderr(err):
                made = parse(
                    options, "A.", given, program="prog", presets=presets
                )
        except SystemExit as error:
            check_message(error, err.getvalue())
            return
        check_ranges(made)
        for value in flat_dict(made).values():
            for item in value if isinstance(value, tuple) else [value]:
                if isinstance(item, int | float):
                    assert math.isfinite(item)
                    assert isinstance(item, float) or abs(item) < 2**63

    fuzz(
        check,
        st.tuples(
            st.sampled_from(OPTIONS),
            st.lists(st.text(max_size=8), max_size=2),
            st.integers(0, 2**48),
        ),
    )


@pytest.mark.parametrize(
    "commands", [SRGAN_COMMANDS, TEXTGAN_COMMANDS], ids=["srgan", "textgan"]
)
def test_names_of_commands(fuzz, commands):
    def check(name):
        if name in (*commands, "completion"):
            return
        err = io.StringIO()
        out = io.StringIO()
        with contextlib.redirect_stderr(err), contextlib.redirect_stdout(out):
            status = run_command("prog", commands, [name])
        if name in ("-h", "--help", "--version"):
            assert status == 0
        else:
            assert status == 2
            assert len(err.getvalue().splitlines()) == 1

    near = st.sampled_from([name[:-1] for name in commands])
    fuzz(check, st.text() | near | st.sampled_from(VALUES))


@pytest.mark.parametrize(
    ("options", "presets"), OPTIONS, ids=lambda o: getattr(o, "__name__", "")
)
def test_help_of_every_command(options, presets, capsys):
    """The flag that the cases above leave out."""
    with pytest.raises(SystemExit, match="0"):
        parse(options, "A.", ["--help"], program="prog", presets=presets)
    message = capsys.readouterr().out
    for field in flat_fields(options):
        assert field.name in message.lower()
