"""The command `download`, from a fake of Kaggle."""

import base64
import csv
import gc
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest

from gancore.cli.dispatch import run_command
from gancore.errors import UserError
from textgan.__main__ import COMMANDS
from textgan.commands import download as command
from textgan.commands.download import TextDownloadOptions
from textgan.data.corpus import load_corpus
from textgan.data.sources import find_dataset

# Kaggle's client leaves the sockets of failed downloads to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)

API = "/api/v1/datasets.DatasetApiService"
STORE = "/store/shortjokes.csv"


def table(rows, header=("ID", "Joke")):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    for i in range(1, rows + 1):
        writer.writerow([i, f"Why, said the {i}th cat, this is line {i}."])
    return out.getvalue().encode()


@pytest.fixture
def kaggle(web, tmp_path, monkeypatch):
    """Answers as Kaggle's API does, and sends on to a store of files."""
    sdk = pytest.importorskip(
        "kagglesdk.kaggle_env", reason="pip install -e '.[kaggle]' brings it"
    )
    # Of the places that the client knows, one that it takes an address for.
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setitem(sdk._env_to_endpoint, sdk.KaggleEnv.LOCAL, web.url)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "none"))
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    # It looks through all modules, which takes seconds with those of a test.
    monkeypatch.setattr("kagglehub.clients.get_user_agent", lambda: "test")
    monkeypatch.setenv("GAN_DATASETS", str(tmp_path / "data"))
    monkeypatch.setattr(command, "ROWS", 50)
    about = {"licenseName": "Some license", "totalBytes": 12_345_678}
    web.files[f"{API}/GetDataset"] = json.dumps(about).encode()
    web.files[STORE] = table(50)
    redirect(web, STORE)
    serve_checksum(web, web.files[STORE])
    yield web
    gc.collect()


def redirect(web, place):
    there = {"code": 302, "headers": {"Location": f"{web.url}{place}"}}
    web.faults[f"{API}/DownloadDataset"] = [dict(there) for _ in range(9)]


def serve_checksum(web, data):
    digest = base64.b64encode(hashlib.md5(data).digest()).decode()
    web.headers = {
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "X-Goog-Hash": f"md5={digest}",
    }


def download(*words):
    return run_command(
        "python -m textgan", COMMANDS, ["download", "kaggle_jokes", *words]
    )


def fails(capsys, status=1):
    """Runs the command, which must fail; returns its one sentence."""
    with pytest.raises(SystemExit) as stopped:
        download()
    message = capsys.readouterr().err
    assert stopped.value.code == status
    assert "Traceback" not in message
    last = message.splitlines()[-1]
    assert last.startswith("python -m textgan download: error: ")
    return last


def test_training_finds_the_download(kaggle, tmp_path, capsys):
    assert download() == 0
    message = capsys.readouterr()
    assert "License, as Kaggle states it: Some license\n" in message.err
    assert "To download: at most 12.3 MB\n" in message.err
    path = tmp_path / "data" / "kaggle_jokes" / "shortjokes.csv"
    # A progress bar follows if tqdm was imported before.
    assert f"Into: {path}\n" in message.err
    assert hashlib.sha256(table(50)).hexdigest() in message.out
    assert message.out.endswith(
        "python train_textgan.py --dataset kaggle_jokes\n"
    )
    assert os.listdir(tmp_path / "data" / "kaggle_jokes") == ["shortjokes.csv"]
    assert find_dataset("kaggle_jokes", None) == ("kaggle_jokes", path)
    texts = load_corpus(path)
    assert len(texts.train) + len(texts.valid) == 50


def test_no_account_is_needed_and_the_version_is_pinned(kaggle, monkeypatch):
    bodies = []
    import requests

    send = requests.Session.send

    def record(session, request, **settings):
        bodies.append((request.url, request.body))
        return send(session, request, **settings)

    monkeypatch.setattr(requests.Session, "send", record)
    assert download() == 0
    assert set(kaggle.authorizations) == {None}
    requested = [
        json.loads(b) for u, b in bodies if u.endswith("/DownloadDataset")
    ]
    assert requested == [
        {
            "ownerSlug": "abhinavmoudgil95",
            "datasetSlug": "short-jokes",
            "datasetVersionNumber": 1,
            "fileName": "shortjokes.csv",
        }
    ]


def test_a_token_is_used(kaggle, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    assert download() == 0
    assert set(kaggle.authorizations) == {"Bearer secret"}


def test_a_zipped_file_is_unpacked(kaggle, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("shortjokes.csv", table(50))
    kaggle.files[f"{STORE}.zip"] = out.getvalue()
    redirect(kaggle, f"{STORE}.zip")
    serve_checksum(kaggle, out.getvalue())
    assert download() == 0
    path = tmp_path / "data" / "kaggle_jokes" / "shortjokes.csv"
    assert path.read_bytes() == table(50)


def test_an_existing_file_is_not_downloaded_again(kaggle, tmp_path, capsys):
    assert download() == 0
    requests = len(kaggle.seen)
    capsys.readouterr()
    assert download() == 0
    assert len(kaggle.seen) == requests
    assert capsys.readouterr().err == ""
    folder = tmp_path / "elsewhere"
    assert download("--data_dir", str(folder)) == 0
    assert capsys.readouterr().out.endswith(f" --data_dir {folder}\n")
    assert (folder / "shortjokes.csv").is_file()
    # The client caches the file; only the metadata are requested again.
    assert [path for path, _ in kaggle.seen].count(STORE) == 1


def test_an_interrupted_download_resumes(kaggle, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "ROWS", 40_000)
    data = kaggle.files[STORE] = table(40_000)
    serve_checksum(kaggle, data)
    kaggle.faults[STORE] = [{"sent": 1_500_000}]
    message = fails(capsys)
    assert "the same command resumes" in message
    assert not (tmp_path / "data" / "kaggle_jokes").exists()
    assert download() == 0
    # The client keeps whole chunks of 1 MiB.
    assert kaggle.seen[-1] == (STORE, f"bytes={2**20}-")
    path = tmp_path / "data" / "kaggle_jokes" / "shortjokes.csv"
    assert path.read_bytes() == data


def test_a_wrong_checksum_is_refused(kaggle, tmp_path, capsys):
    serve_checksum(kaggle, b"other")
    assert "does not match its checksum and was deleted" in fails(capsys)
    assert not (tmp_path / "data" / "kaggle_jokes").exists()
    serve_checksum(kaggle, table(50))
    assert download() == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (table(49), "it has 49 rows, not 50; it was deleted"),
        (table(51), "it has 51 rows, not 50"),
        (table(50, ("id", "text")), "it does not start with ID,Joke"),
        (b"<html>log in</html>", "it does not start with ID,Joke"),
        (b"", "it does not start with ID,Joke"),
        (b'ID,Joke\n1,"' + b"x" * 200_000, "it has 0 rows, not 50"),
        (os.urandom(5_000), "it does not start with ID,Joke"),
    ],
)
def test_another_file_is_refused(kaggle, tmp_path, capsys, data, message):
    kaggle.files[STORE] = data
    serve_checksum(kaggle, data)
    assert message in fails(capsys)
    assert not (tmp_path / "data" / "kaggle_jokes").exists()
    kaggle.files[STORE] = table(50)
    serve_checksum(kaggle, table(50))
    assert download() == 0


def test_a_too_large_file_is_refused_before_the_download(kaggle, capsys):
    about = {"licenseName": "Some license", "totalBytes": 10**12}
    kaggle.files[f"{API}/GetDataset"] = json.dumps(about).encode()
    assert "Kaggle says it has 1000000000000 bytes" in fails(capsys)
    assert len(kaggle.seen) == 1


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize("call", ["GetDataset", "DownloadDataset"])
def test_a_required_token_is_explained(kaggle, capsys, code, call):
    kaggle.faults[f"{API}/{call}"] = [{"code": code}]
    message = fails(capsys, status=2)
    assert "https://www.kaggle.com/settings/api" in message
    assert "KAGGLE_API_TOKEN" in message
    assert "~/.kaggle/access_token" in message


@pytest.mark.parametrize("code", [404, 429, 500, 503])
def test_an_http_error_names_its_status(kaggle, capsys, code):
    kaggle.faults[f"{API}/DownloadDataset"] = [{"code": code}]
    message = fails(capsys)
    assert f"version 1: status {code} " in message


def test_a_missing_network_is_one_sentence(kaggle, capsys, monkeypatch):
    import kagglesdk.kaggle_env as sdk

    monkeypatch.setitem(
        sdk._env_to_endpoint, sdk.KaggleEnv.LOCAL, "https://127.0.0.1:9"
    )
    assert "the connection to Kaggle failed: " in fails(capsys)


def test_damaged_credentials_are_one_sentence(
    kaggle, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "kaggle.json").write_text('{"user": 1}')
    assert "Kaggle's client refuses: " in fails(capsys, status=2)


def test_the_user_may_decline(kaggle, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "confirm", lambda facts, yes: yes)
    assert download() == 1
    assert [path for path, _ in kaggle.seen] == [f"{API}/GetDataset"]
    assert not (tmp_path / "data" / "kaggle_jokes").exists()
    assert download("--yes") == 0


def test_a_missing_client_is_explained(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GAN_DATASETS", str(tmp_path))
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    assert 'pip install "keras-textgan-srgan[kaggle]"' in fails(
        capsys, status=2
    )


def test_a_file_gets_no_progress_bar():
    pytest.importorskip("kagglehub")
    code = (
        "import textgan.data.corpus, textgan.commands.download\n"
        "textgan.commands.download._kagglehub()\n"
        "import tqdm\n"
        "tqdm.tqdm(total=2).update(1)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"},
    )
    assert result.stderr == ""


def test_another_dataset_is_refused():
    with pytest.raises(UserError, match="puns is no dataset to download"):
        TextDownloadOptions(dataset="puns")
