"""Memory, threads and open files of long-running processes.

A million jokes and ten thousand images in one process each, and trainings of
2,880 tiny epochs, a day at half a minute each. Growth is the slope of a line
through the last three quarters of the samples.

python benchmarks/endurance.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from timing import ROOT, make_parser, report

_JOKES, _FILES, _EPOCHS = 1_000_000, 10_000, 2_880
_SECONDS = 1.0
_TEXTS = (
    "train_textgan.py --dataset texts.txt --units 8 --embedding_dim 4 "
    "--batch_size 12 --discriminator_epochs 0 --discriminator_filters 2 "
    "--adversarial_length 4"
).split()
_IMAGES = (
    "train_srgan.py --dataset images --scale 2 --blocks 1 --filters 4 "
    "--steps_per_epoch 1 --batch_size 2 --patch_size 32 --validation_size 32 "
    "--discriminator_width 0.1"
).split()


class Usage(NamedTuple):
    """Resources of a process: memory in MiB, threads, open files."""

    memory: float
    threads: int
    files: int


def read_usage(process: int) -> Usage:
    """Reads the resources of a process from /proc."""
    folder = Path("/proc") / str(process)
    facts = dict(
        line.split(":", 1)
        for line in (folder / "status").read_text().splitlines()
    )
    return Usage(
        int(facts["VmRSS"].split()[0]) / 1024,
        int(facts["Threads"]),
        len(list((folder / "fd").iterdir())),
    )


def monitor(command: list[str], folder: Path) -> list[Usage]:
    """Runs a command and samples its resources each second."""
    samples = []
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            try:
                samples.append(read_usage(process.pid))
            # The process has ended.
            except (KeyError, OSError):
                break
            time.sleep(_SECONDS)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return samples


def growth(samples: list[Usage], column: int) -> float:
    """Returns the rise of a line through the last three quarters."""
    values = np.array([row[column] for row in samples[len(samples) // 4 :]])
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    return float(slope * len(values))


def make(folder: Path) -> str:
    """Writes texts, images and a small model, whose path it returns."""
    from srgan.data.dead_leaves import dead_leaves
    from srgan.image_io.files import write_png

    words = "a the cat dog sees hears old young big house tree runs".split()
    chance = np.random.default_rng(0)
    texts = [" ".join(chance.choice(words, 4 + i % 5)) for i in range(60)]
    (folder / "texts.txt").write_text("\n".join(texts))
    for name, side in (("images", 48), ("many", 24)):
        (folder / name).mkdir()
        for i in range(4):
            write_png(folder / name / f"{i}.png", dead_leaves(side, i))
    drawn = [path.read_bytes() for path in (folder / "many").iterdir()]
    for i in range(4, _FILES):
        (folder / "many" / f"{i}.png").write_bytes(drawn[i % 4])
    script = [str(ROOT / _TEXTS[0]), *_TEXTS[1:], "--adversarial_epochs", "0"]
    monitor([*script, "--epochs", "9", "--runs_dir", "small"], folder)
    return str(next(folder.glob("small/*/*/*/model.h5")))


def main() -> None:
    options = make_parser(__doc__).parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = make(folder)
        jokes = ["generate", "--model", model, "--count", str(_JOKES)]
        upscaling = ["upscale", "many", "--out", "upscaled"]
        upscaling += ["--model", "compact-x2"]
        # Each stage traces functions of its own: growth is measured within one.
        adversarial = ["--adversarial_epochs", str(_EPOCHS)]
        texts = [str(ROOT / _TEXTS[0]), *_TEXTS[1:], "--epochs", "1"]
        images = [str(ROOT / _IMAGES[0]), *_IMAGES[1:], "--pixel_epochs", "1"]
        for what, command in (
            (f"{_JOKES:,} jokes", ["-m", "textgan", *jokes]),
            (f"{_FILES:,} images", ["-m", "srgan", *upscaling]),
            (f"{_EPOCHS:,} epochs of texts", [*texts, *adversarial]),
            (f"{_EPOCHS:,} epochs of images", [*images, *adversarial]),
        ):
            samples = monitor(command, folder)
            peak = max(row.memory for row in samples)
            rows.append(
                {
                    "work": what,
                    "seconds": str(round(len(samples) * _SECONDS)),
                    "peak, MiB": f"{peak:.0f}",
                    "growth, MiB": f"{growth(samples, 0):+.1f}",
                    "growth, threads": f"{growth(samples, 1):+.2f}",
                    "growth, open files": f"{growth(samples, 2):+.2f}",
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    report("endurance", rows, options.write)


if __name__ == "__main__":
    main()
