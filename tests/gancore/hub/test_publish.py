"""Publishing, to a fake Hub on this machine."""

import base64
import importlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from gancore.errors import RuntimeFailure, UserError
from gancore.saving.model_io import read_metadata, save_h5
from srgan import Generator
from srgan.commands.publish import PublishOptions, run
from srgan.inference.load import load

FILES = ["README.md", "config.json", "model.h5"]
SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """The part of the Hub's API that creates and fills a repository."""

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        hub = self.server
        hub.tokens.add(self.headers["Authorization"])
        if hub.refusing:
            return self._answer(403, {"error": "You may not"})
        if self.path.endswith("/commit/main"):
            for line in body.splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    value = entry["value"]
                    hub.files[value["path"]] = base64.b64decode(
                        value["content"]
                    )
            url = f"{self.server.address}/me/tiny/commit/{SHA}"
            return self._answer(
                200, {"success": True, "commitOid": SHA, "commitUrl": url}
            )
        request = json.loads(body)
        if self.path == "/api/repos/create":
            hub.repositories.append(request)
            return self._answer(200, {"url": f"{self.server.address}/me/tiny"})
        if self.path == "/api/validate-yaml":
            return self._answer(200, {"errors": [], "warnings": []})
        assert self.path.endswith("/preupload/main"), self.path
        files = [
            {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
            for f in request["files"]
        ]
        return self._answer(200, {"files": files})

    def log_message(self, *_):
        pass

    def _answer(self, status, content):
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def hub(monkeypatch):
    pytest.importorskip("huggingface_hub")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.refusing, server.tokens = False, set()
    server.files, server.repositories = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = {
        "package": "srgan",
        "config": {"adversarial_epochs": 0, "dataset": "/home/me/my photos"},
        "data": {"name": "my_photos", "train": 1200, "valid": 30},
        "scores": {"psnr": 20.0, "val_psnr": 25.5, "val_ssim": None},
    }
    path = tmp_path / "best.h5"
    save_h5(Generator(2, blocks=1, filters=4), path, facts)
    return path


def publish(model, **settings):
    """Runs the command."""
    return run(PublishOptions(model=str(model), **settings))


def test_a_folder_is_written_and_pushed(model, hub, tmp_path, monkeypatch):
    yaml = pytest.importorskip("yaml")
    publish(
        model, output="tiny", push="me/tiny", private=True, license="cc-by-4.0"
    )
    folder = tmp_path / "tiny"
    assert sorted(os.listdir(folder)) == FILES
    assert hub.tokens == {"Bearer hf_secret"}
    assert [repository["name"] for repository in hub.repositories] == ["tiny"]
    (created,) = hub.repositories
    assert created.get("private") or created["visibility"] == "private"
    pushed = {n: (folder / n).read_bytes() for n in FILES}
    assert hub.files == pushed

    _, front_matter, text = pushed["README.md"].decode().split("---\n", 2)
    assert yaml.safe_load(front_matter) == {
        "license": "cc-by-4.0",
        "library_name": "keras",
        "pipeline_tag": "image-to-image",
        "tags": ["super-resolution", "srresnet"],
    }
    assert text.startswith("\n# tiny\n")
    assert "`my_photos`: 1,200 training, 30 validation" in text
    assert "| PSNR, dB on Y | 25.5 |" in text and "SSIM on Y" not in text
    assert json.loads(pushed["config.json"])["scale"] == 2
    # Folders of this machine are not published.
    for metadata in (
        json.loads(pushed["config.json"]),
        read_metadata(folder / "model.h5"),
    ):
        assert metadata["config"]["dataset"] == "my photos"

    # The example of the card downloads the files, and runs.
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", {"me/tiny": str(folder)}.get
    )
    photo = np.random.default_rng(0).integers(0, 256, (9, 14, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=100)
    exec(text.split("```python\n")[1].split("```")[0], {})
    lr = np.asarray(Image.open(tmp_path / "photo.jpg"), "float32")[None]
    expected = np.clip(np.round(load(model)(lr)[0]), 0, 255)
    sr = np.asarray(Image.open(tmp_path / "upscaled.png"), "float32")
    assert np.abs(sr - expected).max() <= 1


def test_a_refused_push_is_a_runtime_failure(model, hub, tmp_path):
    hub.refusing = True
    message = "best is written but could not be pushed to me/tiny: 403"
    with pytest.raises(RuntimeFailure, match=message):
        publish(model, push="me/tiny")
    assert sorted(os.listdir(tmp_path / "best")) == FILES


def test_an_unreachable_hub_is_a_runtime_failure(model, hub, tmp_path):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(
        RuntimeFailure, match="could not be pushed to me/tiny: "
    ):
        publish(model, push="me/tiny")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"push": "me/tiny"}, "no token for --push"),
        ({"push": "tiny"}, "not of the form OWNER/NAME"),
        ({"push": "me/ti ny"}, "--push me/ti ny: "),
        ({"license": "My own"}, "is not a name of the Hub"),
        ({"output": "best.h5"}, "is not a folder"),
        ({"output": "."}, r"README\.md exists already; --overwrite"),
    ],
)
def test_mistakes_are_found_before_work_starts(
    model, tmp_path, monkeypatch, settings, message
):
    library = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(library, "get_token", lambda: None)
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(UserError, match=message):
        publish(model, **settings)
    assert sorted(os.listdir(tmp_path)) == ["README.md", "best.h5"]


def test_huggingface_hub_is_needed_only_for_a_push(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"huggingface_hub.*srgan\[publish\]"):
        publish(model, push="me/tiny")
    assert publish(model) == 0


def test_a_markdown_file_beside_the_model_is_its_card(model, tmp_path, capsys):
    model.with_suffix(".md").write_text("# best\n\nMade on a rainy day.\n")
    publish(model, output="out")
    assert "warning: no --license is given" in capsys.readouterr().err
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "\n# out\n\nMade on a rainy day.\n\n## Scores" in card
    assert 'license: "unknown"' in card
    lr = np.full((1, 6, 5, 3), 9.0, "float32")
    copy = load(tmp_path / "out" / "model.h5")
    np.testing.assert_array_equal(copy(lr), load(model)(lr))
