"""How a page is served, and what it tells when something fails."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from gancore.errors import UserError
from gancore.webui.server import (
    PageOptions,
    import_gradio,
    show_errors,
)

ROOT = Path(__file__).resolve().parents[3]


def test_without_gradio_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(UserError, match=r"keras-textgan-srgan\[demo\]"):
        import_gradio()


def test_an_error_is_a_sentence_and_a_surprise_is_in_the_terminal(capsys):
    gradio = pytest.importorskip("gradio", reason="needs the extra demo")

    def work(error):
        yield "half", 2
        if error:
            raise error

    shown = show_errors(work, "problem", hidden=["result"])
    gone = gradio.update(visible=False)

    def message(error):
        first, last = shown(error)
        assert first == ("half", 2, gone)
        assert last["result"] == gone
        assert last["problem"]["visible"]
        said = last["problem"]["value"]
        return re.fullmatch('<p role="alert">(.*)</p>', said)[1]

    assert list(message(None)) == [("half", 2, gone)]
    assert message(UserError("<b> is old")) == "&lt;b&gt; is old."
    assert message(UserError("the joke is old")) == "The joke is old."
    full = OSError(28, "No space left on device", "/secret/place")
    assert message(full) == "No space left on device."
    assert not capsys.readouterr().err
    assert "terminal" in message(ZeroDivisionError("of my own"))
    assert "ZeroDivisionError: of my own" in capsys.readouterr().err


# In a process of its own, since Gradio leaves event loops open.
SERVER = """
import sys
from gancore.webui.server import PageOptions, import_gradio, make_page
from gancore.webui.server import page_files, serve
from gancore.errors import one_line_errors

with one_line_errors("page"), page_files():
    with make_page("Test page") as page:
        import_gradio().File()
    options = PageOptions(port=int(sys.argv[1]))
    serve(page, options, max_upload=1000)
"""


def start(root, folder, port=0):
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "TMPDIR": str(folder)},
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    pytest.importorskip("gradio", reason="needs the extra demo")
    folder = tmp_path_factory.mktemp("files")
    with start(ROOT, folder) as server:
        line = server.stdout.readline()
        found = re.fullmatch(
            r"The page is at (http://.*) \(Ctrl-C ends it\)\n", line
        )
        try:
            assert found, line
            yield found[1]
        finally:
            server.send_signal(signal.SIGTERM)
            rest, errors = server.communicate(timeout=60)
    assert (server.returncode, rest) == (0, "")
    assert errors == "The page is closed\n"
    assert not list(folder.iterdir())


def get(url, data=None, **headers):
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_page_asks_for_nothing_from_elsewhere(address):
    status, text = get(address)
    assert status == 200
    assert "<title>" in text or "Test page" in text
    for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text):
        assert "http" not in tag, tag
    config = json.loads(get(f"{address}config")[1])
    assert not config["analytics_enabled"]
    # Gradio's themes load their fonts from elsewhere; ours has none.
    assert not config.get("stylesheets")
    theme = get(f"{address}theme.css")[1]
    assert "system-ui" in theme
    assert not re.search(r"url\(.?https?:|@import", theme)


def test_only_this_machine_is_served(address):
    port = int(re.search(r":(\d+)/", address)[1])
    assert address == f"http://127.0.0.1:{port}/"
    # All of 127.0.0.0/8 is this machine, so whatever is bound to any address
    # would answer here.
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize("path", ["/etc/hostname", "setup.cfg"])
def test_no_file_of_this_machine_is_given_away(address, path):
    status, text = get(f"{address}gradio_api/file={ROOT / path}")
    assert status == 403
    assert "keras" not in text


@pytest.mark.parametrize(("size", "expected"), [(900, 200), (1100, 413)])
def test_a_file_larger_than_allowed_is_refused(address, size, expected):
    mark = uuid.uuid4().hex
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="files"; '
        'filename="a.png"\r\n\r\n' + "x" * size + f"\r\n--{mark}--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    status, _ = get(f"{address}gradio_api/upload", body.encode(), **kind)
    assert status == expected


def test_a_port_that_is_taken_is_message(address, tmp_path):
    port = int(re.search(r":(\d+)/", address)[1])
    with start(ROOT, tmp_path, port) as second:
        errors = second.communicate(timeout=60)[1]
    assert second.returncode == 2
    assert errors == (
        f"page: error: port {port} is taken or not allowed; choose another "
        "with --port\n"
    )


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(UserError, match="--port is 70000, more than 65535"):
        PageOptions(port=70_000)
    with pytest.raises(UserError, match="--queue is 0"):
        PageOptions(queue=0)
