"""Downloads from a stand-in for the web, by HTTPS as from the real one."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from gancore.errors import RuntimeFailure, UserError
from gancore.io import download as downloading
from gancore.io.download import (
    RemoteFile,
    bytes_left,
    check_disk_space,
    download,
    format_bytes,
)

DATA = os.urandom(300_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloading, "_PAUSES", (0, 0, 0))


@pytest.fixture
def file(web):
    web.files["/data.zip"] = DATA
    return RemoteFile(f"{web.url}/data.zip", len(DATA), DIGEST)


def part_of(file):
    return f"{file.name}.{file.sha256[:8]}.part"


def refused(file, folder, pattern):
    """Expects a refusal that leaves no file behind."""
    with pytest.raises(RuntimeFailure, match=pattern):
        download(file, folder)
    assert not (folder / file.name).exists()


def test_a_file_is_downloaded_once(web, file, tmp_path, capsys):
    path = download(file, tmp_path)
    assert path.read_bytes() == DATA
    assert os.listdir(tmp_path) == ["data.zip"]
    assert web.seen == [("/data.zip", None)]
    assert "data.zip, 300 kB: 100 %, 0:00 left" in capsys.readouterr().err
    assert download(file, tmp_path) == path
    assert len(web.seen) == 1


def test_a_cut_connection_is_resumed(web, file, tmp_path, capsys):
    web.faults["/data.zip"] = [{"sent": 100_000}, {"sent": 50_000}]
    assert download(file, tmp_path).read_bytes() == DATA
    assert [requested for _, requested in web.seen] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
    ]
    assert "retrying in" in capsys.readouterr().err


def test_many_cuts_are_tolerated_while_bytes_arrive(web, file, tmp_path):
    web.faults["/data.zip"] = [{"sent": 10_000}] * 20
    assert download(file, tmp_path).read_bytes() == DATA
    assert len(web.seen) == 21


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_command_is_resumed(web, file, tmp_path, stop):
    web.stalling.set()
    web.faults["/data.zip"] = [{"sent": 100_000}]
    code = (
        "from pathlib import Path\n"
        "from gancore.io.download import RemoteFile, download\n"
        "from gancore.errors import one_line_errors\n"
        f"with one_line_errors('test'): download({file!r}, Path('.'))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    part = tmp_path / part_of(file)
    while process.poll() is None and not (
        part.exists() and part.stat().st_size == 100_000
    ):
        time.sleep(0.01)
    process.send_signal(stop)
    _, message = process.communicate(timeout=20)
    if stop == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command resumes" in message
        assert message.endswith("test: interrupted\n")
    assert bytes_left(file, tmp_path) == 200_000
    assert download(file, tmp_path).read_bytes() == DATA
    assert web.seen[-1] == ("/data.zip", "bytes=100000-")
    assert bytes_left(file, tmp_path) == 0


def test_a_server_without_ranges_sends_all_again(web, file, tmp_path):
    web.ranges = False
    web.faults["/data.zip"] = [{"sent": 100_000}]
    assert download(file, tmp_path).read_bytes() == DATA


def test_a_server_that_never_gets_further_is_given_up(web, file, tmp_path):
    web.ranges = False
    web.faults["/data.zip"] = [{"sent": 100_000}] * 20
    refused(file, tmp_path, "the connection was cut; the part received is kept")
    assert len(web.seen) == 4
    assert bytes_left(file, tmp_path) == 200_000


def test_a_silent_server_is_given_up(web, file, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "_TIMEOUT", 0.1)
    web.stalling.set()
    web.faults["/data.zip"] = [{"sent": 0}] * 20
    refused(file, tmp_path, "timed out; the part received is kept")


def test_no_server_is_given_up(web, tmp_path):
    file = RemoteFile("https://127.0.0.1:9/data.zip", 9, DIGEST)
    refused(file, tmp_path, "Connection refused; the part received is kept")


@pytest.mark.parametrize("codes", [[503], [429, 500, 502]])
def test_a_busy_server_is_retried(web, file, tmp_path, codes):
    web.faults["/data.zip"] = [{"code": code} for code in codes]
    assert download(file, tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_final(web, file, tmp_path, code):
    web.faults["/data.zip"] = [{"code": code}]
    refused(file, tmp_path, f"data.zip answers {code} ")
    assert len(web.seen) == 1


def test_a_file_of_another_hash_is_deleted(web, file, tmp_path):
    web.files["/data.zip"] = DATA[:-1] + bytes([DATA[-1] ^ 1])
    refused(file, tmp_path, "not the expected file: its SHA-256 is")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("size", [299_999, 300_001])
def test_a_file_of_another_size_is_refused_before_its_download(
    web, file, tmp_path, size
):
    web.files["/data.zip"] = bytes(size)
    refused(file, tmp_path, f"it has {size} bytes, not 300000")
    assert bytes_left(file, tmp_path) == 300_000


def test_a_file_that_hides_its_size_cannot_fill_the_disk(web, file, tmp_path):
    web.files["/data.zip"] = DATA * 3
    web.headers = {"Content-Length": None}
    refused(file, tmp_path, "it is longer than 300000 bytes")
    assert (tmp_path / part_of(file)).stat().st_size <= 300_000


@pytest.mark.parametrize(
    "message",
    ["bytes 0-299999/300000", "bytes 100000-299999/300001", "all of it", ""],
)
def test_another_range_than_requested_is_refused(web, file, tmp_path, message):
    part = tmp_path / part_of(file)
    part.write_bytes(DATA[:100_000])
    web.faults["/data.zip"] = [{"headers": {"Content-Range": message}}]
    refused(file, tmp_path, "not the expected file")
    assert part.read_bytes() == DATA[:100_000]


def test_the_part_of_another_version_is_left_alone(web, file, tmp_path):
    other = tmp_path / "data.zip.01234567.part"
    other.write_bytes(b"other")
    assert download(file, tmp_path).read_bytes() == DATA
    assert other.read_bytes() == b"other"


def test_a_part_that_is_too_long_is_downloaded_anew(web, file, tmp_path):
    (tmp_path / part_of(file)).write_bytes(bytes(300_001))
    assert bytes_left(file, tmp_path) == 0
    assert download(file, tmp_path).read_bytes() == DATA


def test_a_part_that_is_damaged_is_deleted(web, file, tmp_path):
    (tmp_path / part_of(file)).write_bytes(bytes(100_000))
    refused(file, tmp_path, "its SHA-256 is")
    assert download(file, tmp_path).read_bytes() == DATA


def test_a_file_put_there_by_hand_is_checked(web, file, tmp_path):
    (tmp_path / "data.zip").write_bytes(DATA)
    assert download(file, tmp_path).read_bytes() == DATA
    (tmp_path / "data.zip").write_bytes(b"half")
    with pytest.raises(UserError, match="or is incomplete; remove it"):
        download(file, tmp_path)
    assert (tmp_path / "data.zip").read_bytes() == b"half"
    assert web.seen == []


def test_a_redirection_is_followed_with_the_range(web, file, tmp_path):
    (tmp_path / part_of(file)).write_bytes(DATA[:100_000])
    web.files["/there"] = DATA
    web.faults["/data.zip"] = [
        {"code": 302, "headers": {"Location": f"{web.url}/there"}}
    ]
    assert download(file, tmp_path).read_bytes() == DATA
    assert web.seen[-1] == ("/there", "bytes=100000-")


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:9/data.zip", "ftp://127.0.0.1:9/data.zip"]
)
def test_a_redirection_away_from_https_is_refused(web, file, tmp_path, place):
    web.faults["/data.zip"] = [{"code": 302, "headers": {"Location": place}}]
    refused(file, tmp_path, f"{place} is not an https:// URL")
    refused(RemoteFile(place, 3, DIGEST), tmp_path, "is not an https:// URL")
    assert os.listdir(tmp_path) == []


def test_a_server_with_an_untrusted_certificate_is_refused(
    web, file, tmp_path, monkeypatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    refused(file, tmp_path, "cannot be trusted: ")
    assert web.seen == []


def test_a_full_disk_is_one_sentence(web, file, tmp_path, on_a_small_disk):
    code = f"""
        from pathlib import Path
        from gancore.io.download import RemoteFile, download
        from gancore.errors import one_line_errors

        with one_line_errors("test"):
            download({file!r}, Path("."))
    """
    result = on_a_small_disk(code)
    assert result.returncode == 1
    assert result.stderr == (
        "test: error: could not write data.zip: File too large; the part "
        "received is kept, and the same command resumes from there\n"
    )
    assert bytes_left(file, tmp_path) == 300_000 - 4096
    assert download(file, tmp_path).read_bytes() == DATA


def test_disk_space_is_checked(tmp_path):
    check_disk_space(tmp_path, 1)
    with pytest.raises(RuntimeFailure, match=r"has room for .*; 1e\+06 GB are"):
        check_disk_space(tmp_path, 10**15)


def test_sizes_are_formatted_with_three_digits():
    sizes = [0, 999, 1_000, 31_505_881, 3_530_603_713]
    message = ["0 bytes", "999 bytes", "1 kB", "31.5 MB", "3.53 GB"]
    assert [format_bytes(size) for size in sizes] == message
