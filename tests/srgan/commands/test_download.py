"""`python -m srgan download` from a stand-in for the official server."""

import hashlib
import importlib.util
import io
import zipfile
from pathlib import Path

import filelock
import pytest
from PIL import Image

from gancore.cli.dispatch import run_command
from gancore.errors import UserError
from gancore.io import download as downloading
from gancore.io.locks import LOCK_FILE
from srgan.__main__ import COMMANDS
from srgan.commands.download import ImageDownloadOptions
from srgan.data import div2k
from srgan.data.dead_leaves import dead_leaves
from srgan.data.sources import find_dataset

# As the official archives name their folders.
INSIDE = {2: "DIV2K_{}_LR_bicubic/X2", 8: "DIV2K_{}_LR_x8"}


def png(image):
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def official(web, tmp_path, monkeypatch):
    """Serves small archives in the shape of the real ones."""
    monkeypatch.setattr(downloading, "_PAUSES", (0,))
    monkeypatch.setattr(div2k, "PAGE", f"{web.url}/cvl/DIV2K/")
    monkeypatch.setenv("GAN_DATASETS", str(tmp_path))
    numbers = {"train": range(1, 5), "valid": range(801, 803)}
    known = {}
    for split, names in numbers.items():
        hr = {f"{i:04d}": dead_leaves(64, i) for i in names}
        served = {
            None: (
                f"DIV2K_{split}_HR",
                {
                    f"DIV2K_{split}_HR/{name}.png": png(image)
                    for name, image in hr.items()
                },
            )
        }
        for scale, folder in INSIDE.items():
            inside = folder.format(split)
            served[scale] = (
                inside.replace("/", "_"),
                {
                    f"{inside}/{name}x{scale}.png": png(image[::scale, ::scale])
                    for name, image in hr.items()
                },
            )
        for scale, (name, files) in served.items():
            data = archive(files)
            web.files[f"/cvl/DIV2K/{name}.zip"] = data
            known[split, scale] = (len(data), hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(div2k, "_KNOWN", known)
    return web


def download(*words):
    return run_command(
        "python -m srgan", COMMANDS, ["download", "div2k", *words]
    )


def find(data_dir=None, scale=2):
    return find_dataset(
        "div2k",
        data_dir,
        scale=scale,
        min_size=32,
        validation_fraction=0.1,
        seed=1,
    )


def test_training_finds_the_download(official, tmp_path, capsys, caplog):
    assert download() == 0
    message = capsys.readouterr()
    assert "License: for academic research only" in message.err
    assert f"Into: {tmp_path / 'div2k'}" in message.err
    assert "python train_srgan.py --dataset div2k\n" in message.out
    folders = sorted(path.name for path in (tmp_path / "div2k").glob("D*"))
    assert folders == ["DIV2K_train_HR", "DIV2K_valid_HR"]
    images = find()
    assert images.name == "div2k"
    assert [path.name for path in images.train] == [
        f"000{i}.png" for i in range(1, 5)
    ]
    assert [path.name for path in images.valid] == ["0801.png", "0802.png"]
    assert images.lr == {}
    assert not caplog.records


@pytest.mark.parametrize("scale", [2, 8])
def test_official_lr_images_are_found(official, scale):
    assert download("--scale", "2", "8") == 0
    images = find(scale=scale)
    assert len(images.lr) == 6
    lr = images.lr[next(iter(images.train))]
    assert lr.parts[-3:] == (
        "DIV2K_train_LR_bicubic",
        f"X{scale}",
        f"0001x{scale}.png",
    )


def test_existing_images_are_not_downloaded_again(official, capsys):
    assert download() == 0
    requests = len(official.seen)
    capsys.readouterr()
    assert download() == 0
    assert len(official.seen) == requests
    assert capsys.readouterr().err == ""
    assert download("--scale", "2") == 0
    assert len(official.seen) == requests + 2


def test_another_folder_is_named_for_training(official, tmp_path, capsys):
    folder = tmp_path / "deep" / "data"
    assert download("--data_dir", str(folder)) == 0
    message = capsys.readouterr().out
    assert message.endswith(f"--dataset div2k --data_dir {folder}\n")
    assert len(find(str(folder)).train) == 4


def test_a_wrong_archive_leaves_no_dataset(official, tmp_path, capsys):
    data = bytearray(official.files["/cvl/DIV2K/DIV2K_train_HR.zip"])
    data[len(data) // 2] ^= 1
    official.files["/cvl/DIV2K/DIV2K_train_HR.zip"] = bytes(data)
    with pytest.raises(SystemExit) as stopped:
        download()
    assert stopped.value.code == 1
    message = capsys.readouterr().err
    assert "DIV2K_train_HR.zip is not the expected file" in message
    # The smaller archive was valid, and is kept.
    folders = [path.name for path in (tmp_path / "div2k").glob("D*")]
    assert folders == ["DIV2K_valid_HR"]


def test_an_interrupted_download_is_resumed_by_the_next_command(
    official, tmp_path, capsys
):
    path = "/cvl/DIV2K/DIV2K_train_HR.zip"
    official.faults[path] = [{"sent": 1_000}, {"sent": 0}, {"sent": 0}]
    with pytest.raises(SystemExit) as stopped:
        download()
    assert stopped.value.code == 1
    message = capsys.readouterr().err
    assert "the same command resumes" in message
    assert "Traceback" not in message
    assert download() == 0
    left = len(official.files[path]) - 1_000
    message = capsys.readouterr().err
    assert (
        f"To download: {downloading.format_bytes(left)} in 1 archive;"
        in message
    )
    assert official.seen[-1] == (path, "bytes=1000-")
    assert len(find().train) == 4


def test_a_full_disk_is_reported_before_the_download(
    official, monkeypatch, capsys
):
    usage = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SystemExit) as stopped:
        download()
    assert stopped.value.code == 1
    assert "has room for 1 kB; " in capsys.readouterr().err
    assert official.seen == []


def test_two_concurrent_downloads_are_prevented(official, tmp_path, capsys):
    (tmp_path / "div2k").mkdir()
    with (
        filelock.FileLock(tmp_path / "div2k" / LOCK_FILE),
        pytest.raises(SystemExit) as stopped,
    ):
        download()
    assert stopped.value.code == 2
    assert "another process is at work in" in capsys.readouterr().err
    assert official.seen == []


def test_a_user_may_decline(official, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "srgan.commands.download.confirm", lambda facts, yes: yes
    )
    assert download() == 1
    assert not (tmp_path / "div2k").exists()
    assert official.seen == []
    assert download("--yes") == 0


def test_an_unknown_dataset_is_an_error():
    with pytest.raises(UserError, match="set14 is no dataset to download"):
        ImageDownloadOptions(dataset="set14")
    with pytest.raises(UserError, match="--scale is 5, not one of 2, 3, 4, 8"):
        ImageDownloadOptions(dataset="div2k", scale=(5,))


def test_the_large_archive_comes_last():
    names = [archive.file.name for archive in div2k.archives(div2k.SCALES)]
    assert len(set(names)) == 10
    assert names[-1] == "DIV2K_train_HR.zip"


def test_sizes_and_hashes_are_those_of_tensorflow_datasets():
    spec = importlib.util.find_spec("tensorflow_datasets")
    if spec is None:
        pytest.skip("pip install -e '.[tfds]' installs their list")
    table = Path(spec.origin).parent / "datasets/div2k/checksums.tsv"
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    theirs = {line[0]: (int(line[1]), line[2]) for line in lines}
    for archive in div2k.archives(div2k.SCALES):
        file = archive.file
        assert theirs[file.url] == (file.size, file.sha256), file.name
