"""How a page is served, and how it shows errors."""

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


def test_without_gradio_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(UserError, match=r"keras-textgan-srgan\[demo\]"):
        import_gradio()


def test_unexpected_errors_are_shown_in_the_terminal(
    capsys,
):
    gradio = pytest.importorskip("gradio", reason="needs the extra demo")

    def handler(error):
        yield "half", 2
        if error:
            raise error

    wrapped = show_errors(handler, "error", hidden=["result"])
    hidden = gradio.update(visible=False)

    def message(error):
        first, last = wrapped(error)
        assert first == ("half", 2, hidden)
        assert last["result"] == hidden
        assert last["error"]["visible"]
        value = last["error"]["value"]
        return re.fullmatch('<p role="alert">(.*)</p>', value)[1]

    assert list(wrapped(None)) == [("half", 2, hidden)]
    assert message(UserError("<b> is old")) == "&lt;b&gt; is old."
    assert message(UserError("the joke is old")) == "The joke is old."
    full = OSError(28, "No space left on device", "/secret/path")
    assert message(full) == "No space left on device."
    assert not capsys.readouterr().err
    assert "terminal" in message(ZeroDivisionError("of my own"))
    assert "ZeroDivisionError: of my own" in capsys.readouterr().err


# In a process of its own, since Gradio leaves event loops open.
SERVER = """
import sys
from gancore.webui.server import PageOptions, create_page, import_gradio
from gancore.webui.server import page_files, serve
from gancore.errors import one_line_errors

with one_line_errors("page"), page_files():
    with create_page("Test page") as page:
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


def test_the_page_loads_nothing_from_other_hosts(address):
    status, text = get(address)
    assert status == 200
    assert "<title>" in text or "Test page" in text
    for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text):
        assert "http" not in tag, tag
    config = json.loads(get(f"{address}config")[1])
    assert not config["analytics_enabled"]
    # Gradio's themes load their fonts from another host.
    assert not config.get("stylesheets")
    theme = get(f"{address}theme.css")[1]
    assert "system-ui" in theme
    assert not re.search(r"url\(.?https?:|@import", theme)


def test_only_this_machine_is_served(address):
    port = int(re.search(r":(\d+)/", address)[1])
    assert address == f"http://127.0.0.1:{port}/"
    # All of 127.0.0.0/8 is this machine, so a server bound to any address would
    # answer here.
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize("path", ["/etc/hostname", "setup.cfg"])
def test_files_of_this_machine_are_not_served(address, path):
    status, text = get(f"{address}gradio_api/file={ROOT / path}")
    assert status == 403
    assert "keras" not in text


@pytest.mark.parametrize(("size", "expected"), [(900, 200), (1100, 413)])
def test_a_file_larger_than_allowed_is_refused(address, size, expected):
    boundary = uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; '
        'filename="a.png"\r\n\r\n' + "x" * size + f"\r\n--{boundary}--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    status, _ = get(f"{address}gradio_api/upload", body.encode(), **kind)
    assert status == expected


def test_a_port_in_use_is_a_user_error(address, tmp_path):
    port = int(re.search(r":(\d+)/", address)[1])
    with start(ROOT, tmp_path, port) as second:
        errors = second.communicate(timeout=60)[1]
    assert second.returncode == 2
    assert errors == (
        f"page: error: port {port} is taken or not allowed; choose another "
        "with --port\n"
    )


def test_options_out_of_range_are_refused():
    with pytest.raises(UserError, match="--port is 70000, more than 65535"):
        PageOptions(port=70_000)
    with pytest.raises(UserError, match="--queue is 0"):
        PageOptions(queue=0)
