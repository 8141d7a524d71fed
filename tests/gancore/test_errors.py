import importlib

import pytest

from gancore.errors import RuntimeFailure, UserError, one_line_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("no such model"), 2),
        (RuntimeFailure("the disk is full"), 1),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_user_errors_and_runtime_failures_have_different_statuses(
    error, status, capsys
):
    with pytest.raises(SystemExit) as stop, one_line_errors("test"):
        raise error
    assert stop.value.code == status
    message = capsys.readouterr().err
    assert message == f"test: error: {error.args[-1]}\n"


def test_a_missing_library_is_named_and_a_missing_module_of_ours_is_not_hidden(
    capsys,
):
    with pytest.raises(SystemExit) as stop, one_line_errors("test"):
        importlib.import_module("no_such_library")
    assert stop.value.code == 1
    assert "no_such_library is not installed for" in capsys.readouterr().err
    with pytest.raises(ModuleNotFoundError), one_line_errors("test"):
        importlib.import_module("gancore.no_such_module")
