"""Shared by all tests: seeds, the repository's root, and outside data."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Real images, texts and weights that are never committed; see CONTRIBUTING.md.
OUTSIDE_DATA = Path(os.environ.get("GAN_TEST_DATA", ROOT.parent / "shared"))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Seeds every test alike."""
    import keras

    keras.utils.set_random_seed(7)


@pytest.fixture
def root() -> Path:
    """The folder with the training scripts."""
    return ROOT


@pytest.fixture
def outside():
    """Gives a path in the outside data, or skips the test."""

    def find(relative: str) -> Path:
        path = OUTSIDE_DATA / relative
        if not path.exists():
            pytest.skip(f"needs {relative} under GAN_TEST_DATA")
        return path

    return find


# Lets the process write no file beyond 4 KiB, as a full disk would. It has to
# be a process of its own: the limit would also hold for the tests' own output.
_SMALL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
"""


@pytest.fixture
def on_a_small_disk(tmp_path: Path):
    """Runs code in `tmp_path` where no file can grow beyond 4 KiB."""

    def run(code: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", _SMALL_DISK + textwrap.dedent(code)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with `texts.txt` and `pictures/`, enough to train on."""
    import numpy as np

    from srgan.dead_leaves import dead_leaves
    from srgan.files.images import write_png

    words = "a the cat dog sees hears old young big house tree runs".split()
    chance = np.random.default_rng(0)
    texts = [" ".join(chance.choice(words, 4 + i % 5)) for i in range(47)]
    (tmp_path / "texts.txt").write_text("\n".join(texts))
    (tmp_path / "pictures").mkdir()
    for i in range(12):
        write_png(tmp_path / f"pictures/{i}.png", dead_leaves(48, i))
    return tmp_path
