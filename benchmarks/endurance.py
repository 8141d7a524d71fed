"""Memory, threads and open files of long work, looked at from outside.

A million jokes and ten thousand images in one process each, and trainings of
so many tiny epochs as a day has at half a minute each. What grows is the slope
of a line through the last three quarters of what was seen.

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
from racing import ROOT, options_of, publish

_JOKES, _IMAGES, _EPOCHS = 1_000_000, 10_000, 2_880
_SECONDS = 1.0
_TEXTS = (
    "train_textgan.py --dataset texts.txt --units 8 --embedding_dim 4 "
    "--batch_size 12 --discriminator_epochs 0 --discriminator_filters 2 --adversarial_length 4"
).split()
_IMAGES = (
    "train_srgan.py --dataset images --scale 2 --blocks 1 --filters 4 "
    "--steps_per_epoch 1 --batch_size 2 --patch_size 32 --validation_size 32 "
    "--discriminator_width 0.1"
).split()


class Seen(NamedTuple):
    """What a process holds: MiB, threads, open files."""

    memory: float
    threads: int
    files: int


def look(process: int) -> Seen:
    """Reads what the kernel says of a process."""
    folder = Path("/proc") / str(process)
    facts = dict(
        line.split(":", 1)
        for line in (folder / "status").read_text().splitlines()
    )
    return Seen(
        int(facts["VmRSS"].split()[0]) / 1024,
        int(facts["Threads"]),
        len(list((folder / "fd").iterdir())),
    )


def watch(command: list[str], folder: Path) -> list[Seen]:
    """Runs a command and looks at it each second."""
    seen = []
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            try:
                seen.append(look(process.pid))
            # It ended in between.
            except (KeyError, OSError):
                break
            time.sleep(_SECONDS)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return seen


def growth(seen: list[Seen], column: int) -> float:
    """Gives by how much a line through the last three quarters rises."""
    values = np.array([row[column] for row in seen[len(seen) // 4 :]])
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    return float(slope * len(values))


def make(folder: Path) -> str:
    """Makes texts, images and a small model; gives the model's path."""
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
    for i in range(4, _IMAGES):
        (folder / "many" / f"{i}.png").write_bytes(drawn[i % 4])
    script = [str(ROOT / _TEXTS[0]), *_TEXTS[1:], "--adversarial_epochs", "0"]
    watch([*script, "--epochs", "9", "--runs_dir", "small"], folder)
    return str(next(folder.glob("small/*/*/*/model.h5")))


def main() -> None:
    options = options_of(__doc__).parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = make(folder)
        jokes = ["generate", "--model", model, "--count", str(_JOKES)]
        images = [
            "upscale",
            "many",
            "--out",
            "upscaled",
            "--model",
            "compact-x2",
        ]
        # A stage has functions of its own; what grows is seen within one.
        scored = ["--adversarial_epochs", str(_EPOCHS)]
        texts = [str(ROOT / _TEXTS[0]), *_TEXTS[1:], "--epochs", "1"]
        images = [str(ROOT / _IMAGES[0]), *_IMAGES[1:], "--pixel_epochs", "1"]
        for what, command in (
            (f"{_JOKES:,} jokes", ["-m", "textgan", *jokes]),
            (f"{_IMAGES:,} images", ["-m", "srgan", *images]),
            (f"{_EPOCHS:,} epochs of texts", [*texts, *scored]),
            (f"{_EPOCHS:,} epochs of images", [*images, *scored]),
        ):
            seen = watch(command, folder)
            peak = max(row.memory for row in seen)
            rows.append(
                {
                    "work": what,
                    "seconds": str(round(len(seen) * _SECONDS)),
                    "peak, MiB": f"{peak:.0f}",
                    "growth, MiB": f"{growth(seen, 0):+.1f}",
                    "growth, threads": f"{growth(seen, 1):+.2f}",
                    "growth, open files": f"{growth(seen, 2):+.2f}",
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    publish("endurance", rows, options.write)


if __name__ == "__main__":
    main()
