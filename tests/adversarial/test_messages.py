import pytest

from adversarial.messages import FailedWork, UserError, plain_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("no such model"), 2),
        (FailedWork("the disk is full"), 1),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_a_mistake_has_another_status_than_work_that_failed(
    error, status, capsys
):
    with pytest.raises(SystemExit) as stop, plain_errors("test"):
        raise error
    assert stop.value.code == status
    told = capsys.readouterr().err
    assert told == f"test: error: {error.args[-1]}\n"
