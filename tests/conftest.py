"""Fixtures of all tests: seeds, the root of the repository, external data."""

from __future__ import annotations

import http.server
import os
import ssl
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Real images, texts and weights that are never committed; see CONTRIBUTING.md.
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
OUTSIDE_DATA = Path(os.environ.get("GAN_TEST_DATA", ROOT.parent / "shared"))


# Tests that start processes of their own, send signals, build documents,
# convert models or train for more than a moment.
INTEGRATION = {
    "test_atomic", "test_benchmark", "test_build", "test_collapse_monitor",
    "test_commands", "test_completion", "test_docstrings", "test_examples",
    "test_export", "test_exporter", "test_extending", "test_fit",
    "test_h5_guarantee", "test_keras_habits", "test_mixed", "test_notebooks",
    "test_oracle", "test_pipeline", "test_precision", "test_publish",
    "test_readme", "test_reproducible", "test_resume", "test_shards",
    "test_site", "test_strategy", "test_typed", "test_warm_start",
    "test_workers",
}  # fmt: skip
OTHER_MARKS = ("slow", "fuzz", "keras_matrix")


def pytest_collection_modifyitems(items) -> None:
    """Marks the tests of `INTEGRATION` that have no mark of their own."""
    for item in items:
        if item.path.stem in INTEGRATION and not any(
            item.get_closest_marker(mark) for mark in OTHER_MARKS
        ):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Seeds every test the same."""
    import keras

    keras.utils.set_random_seed(7)


@pytest.fixture(autouse=True)
def shown_logs() -> None:
    """Shows log messages as the commands do, for tests that capture them."""
    from gancore.logs import show_logs

    show_logs()


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder with the training scripts."""
    return ROOT


@pytest.fixture
def outside():
    """Returns a path in the external data, or skips the test."""

    def find(relative: str) -> Path:
        path = OUTSIDE_DATA / relative
        if not path.exists():
            pytest.skip(f"needs {relative} under GAN_TEST_DATA")
        return path

    return find


# Limits files to 4 KiB, as a full disk does. In a process of its own, since the
# limit would hold for the output of the tests, too.
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
    """A folder with `texts.txt` and `images/`, enough to train on."""
    import numpy as np

    from srgan.data.dead_leaves import dead_leaves
    from srgan.image_io.files import write_png

    words = "a the cat dog sees hears old young big house tree runs".split()
    chance = np.random.default_rng(0)
    texts = [" ".join(chance.choice(words, 4 + i % 5)) for i in range(47)]
    (tmp_path / "texts.txt").write_text("\n".join(texts))
    (tmp_path / "images").mkdir()
    for i in range(12):
        write_png(tmp_path / f"images/{i}.png", dead_leaves(48, i))
    return tmp_path


class _Web(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`, with the faults that a test asks for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        web = self.server
        asked = self.headers["Range"]
        web.seen.append((self.path, asked))
        code, headers, sent = 200, dict(web.headers), None
        body = web.files.get(self.path)
        if web.faults.get(self.path):
            fault = web.faults[self.path].pop(0)
            code, sent = fault.get("code", code), fault.get("sent")
            headers |= fault.get("headers", {})
        if body is None and code == 200:
            code = 404
        if code != 200:
            body = b""
        elif asked and web.ranges:
            start = int(asked.removeprefix("bytes=").split("-")[0])
            code, whole = 206, len(body)
            message = f"bytes {start}-{whole - 1}/{whole}"
            headers.setdefault("Content-Range", message)
            body = body[start:]
        headers.setdefault("Content-Length", str(len(body)))
        self.send_response(code)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if sent is None else body[:sent])
        self.close_connection = (
            sent is not None or not (headers["Content-Length"])
        )
        while sent is not None and web.stalling.wait(0.01):
            pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        web = self.server
        web.authorizations.append(self.headers["Authorization"])
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def authority():
    """Issues certificates that only the tests trust."""
    import trustme

    return trustme.CA()


@pytest.fixture
def web(authority, tmp_path_factory, monkeypatch):
    """A local HTTPS server in place of the web.

    `files` holds bytes by path; `faults` lists, by path, what is wrong with
    the next answers: another `code`, only so many bytes `sent` before the
    connection is cut, other `headers`. `seen` gets each path and range asked.
    """
    trusted = tmp_path_factory.mktemp("authority") / "trusted.pem"
    authority.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        # Clients may be killed.
        server.handle_error = lambda *arguments: None
        server.url = f"https://127.0.0.1:{server.server_port}"
        server.files, server.faults, server.headers = {}, {}, {}
        server.seen, server.authorizations = [], []
        server.ranges, server.stalling = True, threading.Event()
        threading.Thread(
            target=server.serve_forever, args=(0.01,), daemon=True
        ).start()
        yield server
        server.stalling.clear()
        server.shutdown()
