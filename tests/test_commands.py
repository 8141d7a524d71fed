"""Both training scripts, run as a user runs them."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.saving.model_io import read_metadata

NUMBER = r"-?\d+\.\d{4}(e[+-]\d\d)?"
TEXT_LINE = " - ".join(
    [r" - \d+s", *(f"{prefix}{name}: {NUMBER}" for prefix in ("", "val_")
     for name in ("loss", "discrim_loss", "gen_loss"))]
)  # fmt: skip
IMAGE_LINE = " - ".join(
    [r" - \d+s", *(f"{prefix}{name}: {NUMBER}" for prefix in ("", "val_")
     for name in ("loss", "discrim_loss", "gen_loss", "psnr")),
     rf"val_ssim: {NUMBER}"]
)  # fmt: skip


def run(root, script, *words, cwd=None, preexec_fn=None):
    return subprocess.run(
        [sys.executable, str(root / script), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or root,
        preexec_fn=preexec_fn,
        env={k: v for k, v in os.environ.items() if not k.startswith("TF_")},
    )


@pytest.fixture
def jokes(tmp_path):
    path = tmp_path / "puns.csv"
    words = "the cat told a very old dog about that one new bed".split()
    random = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "Joke"])
        for i in range(60):
            line = " ".join(random.choice(words, 8))
            writer.writerow([i, f"Why {line} {i}? Because {line}."])
    return path


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for i in range(6):
        small = random.integers(0, 256, (6, 7, 3), dtype=np.uint8)
        image = Image.fromarray(small).resize(
            (50, 40), Image.Resampling.BICUBIC
        )
        image.save(folder / f"{i}.png")
    return folder


TINY_TEXT = [
    "--epochs=2", "--embedding_dim=8", "--units=8", "--adversarial-length=6",
]  # fmt: skip
TINY_IMAGE = [
    "--patch_size=24", "--batch-size=2", "--steps_per_epoch=2", "--blocks=1",
    "--filters=4", "--pixel_epochs=2", "--adversarial_epochs=1",
    "--discriminator_width=0.05", "--validation_size=40",
]  # fmt: skip


def test_textgan_prints_the_lines_of_the_original_and_writes_its_files(
    root, jokes, tmp_path
):
    result = run(
        root, "train_textgan.py", "--dataset", jokes, "--batch_size=16",
        "--runs_dir", tmp_path / "runs", *TINY_TEXT, "--epochs=1",
        "--mle_epochs=2", "--discriminator_epochs=1", "--adversarial_epochs=1",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    expected = [
        r"Training on dataset puns\.\.\.",
        r"Dataset contains 54 texts \(train set\), each with a maximum length "
        r"of 19 words and total number of distinct words of size \d+",
        "Number of batches in training set = 4",
        "Number of batches in validation set = 1",
        "Epoch 1/2",
        TEXT_LINE + ".*",
        "Epoch 2/2",
        TEXT_LINE + ".*",
        "Stage: discriminator",
        "Epoch 3/3",
        TEXT_LINE + ".*",
        "Stage: joint",
        "Epoch 4/4",
        TEXT_LINE + ".*",
        "Stage: adversarial",
        "Epoch 5/5",
        TEXT_LINE + ".*",
        r"Best val_nll: \d\.\d{4} after epoch \d, stage \w+",
        r"Model saved to (/.*/model\.h5)",
        "Generating text #10000",
        r"[A-Z0-9].*",
    ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line
    model = re.fullmatch(expected[-3], lines[-3]).group(1)
    folder = os.path.dirname(model)
    assert sorted(os.listdir(folder)) == [
        ".lock", "config.json", "discriminator.h5", "figures", "log.csv",
        "model.h5", "state", "vocabulary.json",
    ]  # fmt: skip
    assert os.listdir(f"{folder}/figures") == ["curves.png"]
    facts = read_metadata(Path(model))
    assert facts["vocabulary"][:2] == ["<pad>", "<unk>"]
    assert facts["config"]["batch_size"] == 16
    # What was read, the missing GPU, and nothing else on standard error.
    assert len(result.stderr.splitlines()) <= 2, result.stderr
    assert 'column "Joke" of 2, 60 texts, first: "' in result.stderr
    config = json.loads(Path(folder, "config.json").read_text())
    (read,) = config["data_files"]
    assert (read["rows"], read["texts"], read["left_out"]) == (60, 60, {})


def test_textgan_warm_starts_and_keeps_the_better_model(root, jokes, tmp_path):
    runs = [f"--runs_dir={tmp_path}", f"--dataset={jokes}", *TINY_TEXT]
    first = run(root, "train_textgan.py", *runs, "--learning_rate=0.05")
    assert first.returncode == 0, first.stderr
    model = re.search(r"Model saved to (.*)", first.stdout)[1]
    # A learning rate of 0 cannot improve the model.
    frozen = ["--learning_rate=0", "--adversarial_learning_rate=0"]
    again = run(
        root, "train_textgan.py", *runs, *frozen, f"--init_from={model}"
    )
    assert again.returncode == 0, again.stderr
    best = re.search(
        r"Best val_nll: (\S+) after epoch 0, stage init", again.stdout
    )
    scores = read_metadata(Path(model))["scores"]
    assert float(best[1]) == pytest.approx(scores["val_nll"], abs=1e-3)


def test_srgan_prints_its_lines_and_writes_its_files(root, photos, tmp_path):
    result = run(
        root, "train_srgan.py", "--scale", 2, "--dataset", photos,
        "--runs_dir", tmp_path / "runs", *TINY_IMAGE,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    expected = [
        r"Training on dataset photos\.\.\.",
        r"Dataset contains 5 images \(train set\), .*",
        "Number of batches in training set = 2",
        "Number of batches in validation set = 1",
        rf"Validation PSNR of bicubic: {NUMBER}",
        "Stage: pixel",
        "Epoch 1/2",
        IMAGE_LINE,
        "Epoch 2/2",
        IMAGE_LINE,
        "Stage: adversarial",
        "Epoch 3/3",
        IMAGE_LINE,
        r"Model saved to (/.*/model\.h5)",
        r"Comparison saved to /.*/figures/comparison\.png",
    ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line
    model = re.fullmatch(expected[-2], lines[-2]).group(1)
    folder = os.path.dirname(model)
    assert sorted(os.listdir(folder)) == [
        ".lock", "best.h5", "config.json", "discriminator.h5", "figures",
        "log.csv", "model.h5", "pixel.h5", "state",
    ]  # fmt: skip
    with open(f"{folder}/log.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    # About the missing GPU, and about the feature extractor.
    assert "features of the discriminator" in result.stderr
    assert len(result.stderr.splitlines()) <= 2, result.stderr


@pytest.mark.parametrize(
    ("script", "words", "complaint"),
    [
        ("train_textgan.py", ["--dataset=absent"], "neither kaggle_jokes nor"),
        ("train_textgan.py", ["--batch_size=0"], "less than 1"),
        ("train_textgan.py", ["--bach_size=2"], "did you mean --batch_size?"),
        ("train_textgan.py", ["--encoding=klingon"], "--encoding"),
        ("train_srgan.py", ["--dataset=absent"], "no folder of images"),
        ("train_srgan.py", ["--scale=5"], "not one of 2, 3, 4, 8"),
        ("train_srgan.py", ["--scale=3", "--patch_size=40"], "not a multiple"),
    ],
)
def test_errors_are_one_line_and_an_exit_status(root, script, words, complaint):
    result = run(root, script, *words)
    assert result.returncode == 2
    message = result.stderr.splitlines()[-1]
    assert message.startswith(f"{script}: error: ")
    assert complaint in message
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("script", ["train_textgan.py", "train_srgan.py"])
def test_output_folder_that_cannot_be_written(
    root, script, jokes, photos, tmp_path
):
    (tmp_path / "runs").write_text("a file in the way")
    data = jokes if script == "train_textgan.py" else photos
    sizes = [] if script == "train_textgan.py" else TINY_IMAGE
    result = run(
        root, script, "--dataset", data, "--runs_dir", tmp_path / "runs", *sizes
    )
    assert result.returncode == 1
    assert "cannot create a run folder" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def limit_files():
    """Limits files to 64 KiB, as a disk that is nearly full does."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


def test_full_disk_while_saving(root, jokes, tmp_path):
    result = run(
        root, "train_textgan.py", "--dataset", jokes, "--epochs=1",
        "--runs_dir", tmp_path / "runs", preexec_fn=limit_files,
    )  # fmt: skip
    assert result.returncode == 1
    message = result.stderr.splitlines()[-1]
    # The checkpoint of the first epoch is the first large file.
    assert re.search(r"could not write .*\.npz: File too large", message)
    assert "Traceback" not in result.stderr
    assert not list((tmp_path / "runs").rglob("*.[hn][5p]*"))
    hidden = {path.name for path in (tmp_path / "runs").rglob(".*")}
    assert hidden <= {".lock"}


def test_fewer_texts_than_one_batch_can_be_trained_on(root, tmp_path):
    path = tmp_path / "few.txt"
    path.write_text("one joke\nanother joke\nthe third of them\n")
    result = run(
        root, "train_textgan.py", "--dataset", path, "--runs_dir",
        tmp_path / "runs", *TINY_TEXT,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "Number of batches in training set = 1" in result.stdout
