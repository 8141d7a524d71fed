import subprocess
import sys

import pytest

from gancore.errors import UserError
from gancore.io.locks import lock

HOLDER = """
import sys, time
from pathlib import Path
from gancore.io.locks import hold
hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_folder_is_held_by_one_process_until_it_is_killed(tmp_path, root):
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
