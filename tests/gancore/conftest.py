"""A network, and a guard that sees what opening a spoilt copy of it does."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from gancore.saving.model_io import save_h5
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked

_OF_LINUX = sys.platform.startswith("linux")
_IN_ACCESS, _IN_OPEN = 0x1, 0x20
_OUTSIDE = ("socket.", "subprocess.", "os.system", "os.exec", "urllib.")
_heard: list[str] = []
_listening = False


def _listen(event: str, arguments: tuple) -> None:
    """Hears of files and the like that Python opens; a hook stays for good."""
    if not _listening:
        return
    if event.startswith(_OUTSIDE):
        _heard.append(event)
    elif event == "open" and isinstance(arguments[0], str | bytes):
        mode = arguments[1] or ""
        if set("wax+") & set(mode) or "secret" in os.fsdecode(arguments[0]):
            _heard.append(f"{event} {arguments[0]!r} {mode}")


sys.addaudithook(_listen)


class Guard:
    """Watches a file nobody may read, and what Python does.

    Attributes:
        secret: The file, text of one line.
        marker: A file that does not exist and code of a stranger would make.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.marker = folder / "marker"
        # Long enough to be taken for the weights of the network.
        self.secret.write_bytes(np.arange(300, dtype="<f4").tobytes())
        self.watch = None
        if _OF_LINUX:
            libc = ctypes.CDLL(None, use_errno=True)
            self.watch = libc.inotify_init1(os.O_NONBLOCK)
            path = os.fsencode(self.secret)
            mask = _IN_ACCESS | _IN_OPEN
            assert libc.inotify_add_watch(self.watch, path, mask) >= 0

    def was_read(self) -> bool:
        """Tells whether anything, C libraries too, has opened the secret."""
        if self.watch is None:
            return False
        try:
            return bool(os.read(self.watch, 4096))
        except BlockingIOError:
            return False


@pytest.fixture
def guard(tmp_path):
    guard = Guard(tmp_path)
    yield guard
    if guard.watch is not None:
        os.close(guard.watch)


@pytest.fixture(scope="session")
def network_bytes(tmp_path_factory) -> bytes:
    """A small network, saved."""
    keras.utils.set_random_seed(0)
    low = keras.Input((None, None, 3), name="low")
    x = keras.layers.Conv2D(4, 3, padding="same", name="head")(low)
    x = keras.layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = keras.layers.Conv2DTranspose(3, 4, 2, "same", name="tail")(x)
    path = tmp_path_factory.mktemp("network") / "model.h5"
    save_h5(keras.Model(low, x), path, {"package": "srgan", "scale": 2})
    return path.read_bytes()


@pytest.fixture
def good(tmp_path, network_bytes) -> Path:
    """A file of a network that can be spoilt."""
    path = tmp_path / "model.h5"
    path.write_bytes(network_bytes)
    return path


@pytest.fixture
def load(guard):
    """Loads a file under guard, whatever comes of it."""

    def under_guard(path: Path) -> keras.Model:
        global _listening
        before = set(guard.folder.iterdir())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        _heard.clear()
        _listening = True
        try:
            with open_checked(path) as checked:
                return load_network(checked)
        finally:
            _listening = False
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
            assert not guard.was_read()
            assert set(guard.folder.iterdir()) == before
            assert not _heard
            # In KiB on Linux; on macOS, in bytes.
            assert not _OF_LINUX or grown < 400 * 1024

    return under_guard
