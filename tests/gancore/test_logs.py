import logging
import subprocess
import sys

import pytest

from gancore.errors import one_line_errors

LOG = """
import logging
{setup}
logger = logging.getLogger("srgan.data")
logger.info("an info")
logger.warning("a warning, 30 %")
"""
SHOW = "from gancore.logs import show_logs; show_logs(); show_logs()"
CONFIGURE = "logging.basicConfig(level=0, format='%(name)s %(message)s')"


@pytest.mark.parametrize(
    ("setup", "lines"),
    [
        (SHOW, ["info: an info", "warning: a warning, 30 %"]),
        # A program that uses the packages as libraries.
        ("", ["a warning, 30 %"]),
        (CONFIGURE, ["srgan.data an info", "srgan.data a warning, 30 %"]),
    ],
)
def test_messages_on_standard_error(root, setup, lines):
    result = subprocess.run(
        [sys.executable, "-c", LOG.format(setup=setup)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr.splitlines() == lines


def test_a_command_shows_messages(capsys):
    with one_line_errors("test"):
        logging.getLogger("textgan.data.corpus").info("skipped 3 jokes")
    assert capsys.readouterr().err == "info: skipped 3 jokes\n"
