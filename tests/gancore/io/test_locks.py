import errno
import subprocess
import sys

import filelock
import pytest

from gancore.errors import UserError
from gancore.io.locks import lock

HOLDER = """
import sys, time
from pathlib import Path
from gancore.io.locks import lock
lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_folder_is_locked_by_one_process_until_it_is_killed(tmp_path, root):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="another process is at work in"):
        lock(tmp_path)
    process.kill()
    process.communicate()
    lock(tmp_path)
    lock(tmp_path)


def test_a_file_system_without_locks_is_warned_about(
    tmp_path, monkeypatch, capsys
):
    def no_locks(self):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(filelock.FileLock, "_acquire", no_locks)
    lock(tmp_path)
    message = capsys.readouterr().err
    assert message.startswith("warning: ") and "cannot be locked" in message
