import io
import sys

import pytest

from gancore.cli.confirm import confirm


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    def type_(text):
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return type_


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("\n", True),
        ("y\n", True),
        (" YES \n", True),
        ("n\n", False),
        ("no\n", False),
        ("what?\n", False),
        ("", False),
    ],
)
def test_a_terminal_is_asked(terminal, typed, answer):
    shown = terminal(typed)
    assert confirm("Licence: none", False) is answer
    assert shown.getvalue().startswith("Licence: none\nContinue? [Y/n] ")
    assert ("nothing was downloaded" in shown.getvalue()) is not answer


def test_yes_answers_in_advance(terminal):
    shown = terminal("n\n")
    assert confirm("Licence: none", True)
    assert shown.getvalue() == "Licence: none\n"


def test_a_script_is_not_asked(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert confirm("Licence: none", False)
    assert capsys.readouterr().err == "Licence: none\n"
