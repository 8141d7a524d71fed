"""A saved network, and a monitor of what loading a modified copy does."""

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

_IS_LINUX = sys.platform.startswith("linux")
_IN_ACCESS, _IN_OPEN = 0x1, 0x20
_OUTSIDE = ("socket.", "subprocess.", "os.system", "os.exec", "urllib.")
_events: list[str] = []
_recording = False


def _audit(event: str, arguments: tuple) -> None:
    """Records what Python opens; an audit hook cannot be removed."""
    if not _recording:
        return
    if event.startswith(_OUTSIDE):
        _events.append(event)
    elif event == "open" and isinstance(arguments[0], str | bytes):
        mode = arguments[1] or ""
        if set("wax+") & set(mode) or "secret" in os.fsdecode(arguments[0]):
            _events.append(f"{event} {arguments[0]!r} {mode}")


sys.addaudithook(_audit)


class AccessMonitor:
    """Watches a file that must not be read, and what Python does.

    Attributes:
        secret: The file.
        marker: A file that does not exist; injected code would create it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.marker = folder / "marker"
        # Long enough to pass for the weights of the network.
        self.secret.write_bytes(np.arange(300, dtype="<f4").tobytes())
        self.watch = None
        if _IS_LINUX:
            libc = ctypes.CDLL(None, use_errno=True)
            self.watch = libc.inotify_init1(os.O_NONBLOCK)
            path = os.fsencode(self.secret)
            mask = _IN_ACCESS | _IN_OPEN
            assert libc.inotify_add_watch(self.watch, path, mask) >= 0

    def was_read(self) -> bool:
        """Returns whether anything, C libraries too, opened the secret."""
        if self.watch is None:
            return False
        try:
            return bool(os.read(self.watch, 4096))
        except BlockingIOError:
            return False


@pytest.fixture
def monitor(tmp_path):
    monitor = AccessMonitor(tmp_path)
    yield monitor
    if monitor.watch is not None:
        os.close(monitor.watch)


@pytest.fixture(scope="session")
def network_bytes(tmp_path_factory) -> bytes:
    """Bytes of an `.h5` file of a small network."""
    keras.utils.set_random_seed(0)
    low = keras.Input((None, None, 3), name="low")
    x = keras.layers.Conv2D(4, 3, padding="same", name="head")(low)
    x = keras.layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = keras.layers.Conv2DTranspose(3, 4, 2, "same", name="tail")(x)
    path = tmp_path_factory.mktemp("network") / "model.h5"
    save_h5(keras.Model(low, x), path, {"package": "srgan", "scale": 2})
    return path.read_bytes()


@pytest.fixture
def valid_file(tmp_path, network_bytes) -> Path:
    """An `.h5` file of a network, which a test may modify."""
    path = tmp_path / "model.h5"
    path.write_bytes(network_bytes)
    return path


@pytest.fixture
def load(monitor):
    """Loads a file and checks that nothing else was read, run or allocated."""

    def load_monitored(path: Path) -> keras.Model:
        global _recording
        before = set(monitor.folder.iterdir())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        _events.clear()
        _recording = True
        try:
            with open_checked(path) as checked:
                return load_network(checked)
        finally:
            _recording = False
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
            assert not monitor.was_read()
            assert set(monitor.folder.iterdir()) == before
            assert not _events
            # In KiB on Linux; on macOS, in bytes.
            assert not _IS_LINUX or grown < 400 * 1024

    return load_monitored
