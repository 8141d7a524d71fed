"""Interrupted and resumed trainings, compared with uninterrupted ones."""

import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import keras
import numpy as np
import pytest
import tensorflow as tf

TEXTS = (
    "train_textgan.py --dataset texts.txt --epochs 2 --discriminator_epochs 1 "
    "--adversarial_epochs 2 --units 12 --embedding_dim 8 "
    "--discriminator_filters 4 --adversarial_length 6 --batch_size 6"
)
REINFORCE = TEXTS + " --adversarial_loss reinforce --precision mixed_bfloat16"
IMAGES = (
    "train_srgan.py --pixel_epochs 2 --adversarial_epochs 2 --blocks 1 "
    "--steps_per_epoch 4 --filters 6 --discriminator_width 0.1 --scale 2 "
    "--batch_size 4 --patch_size 32 --validation_size 32 --preview_epochs 1 "
    "--noise_channels 1 --dataset images"
)


def start(root, folder, command, *more):
    script, *flags = command.split()
    return subprocess.Popen(
        [sys.executable, root / script, *flags, *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finished(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-2000:]
    return out


def run_of(folder, runs):
    found = list((folder / runs).glob("*/*/*/config.json"))
    return found[0].parent if found else None


def resume(root, folder, command, runs):
    run = run_of(folder, runs)
    if run is None:
        return start(root, folder, command, "--runs_dir", runs)
    return start(root, folder, command.split()[0], "--resume", str(run))


def check_equal(folder, full_output, resumed_output):
    expected, ours = (run_of(folder, runs) for runs in ("full", "resumed"))
    rows, others = (
        np.genfromtxt(run / "log.csv", delimiter=",", names=True)
        for run in (ours, expected)
    )
    assert rows.dtype == others.dtype and len(rows) == len(others)
    for name in rows.dtype.names:
        # The order in which TensorFlow sums metrics varies.
        np.testing.assert_allclose(rows[name], others[name], rtol=1e-6)
    names = {path.name for path in expected.glob("*.h5")}
    assert {path.name for path in ours.glob("*.h5")} == names
    for name in names:
        nets = [
            keras.models.load_model(run / name, compile=False)
            for run in (expected, ours)
        ]
        for a, b in zip(*(net.get_weights() for net in nets), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)
    # A generated joke; the last line of train_srgan.py is a path.
    if "joke" in full_output:
        assert full_output.splitlines()[-1] == resumed_output.splitlines()[-1]


def logged_epochs(run):
    """Returns the epoch of each event of sample texts."""
    return [
        event.step
        for path in sorted((run / "tensorboard" / "samples").glob("*"))
        for event in tf.compat.v1.train.summary_iterator(str(path))
        if event.summary.value
    ]


def kill_and_compare(root, folder, command, kills, number):
    began = time.monotonic()
    full = finished(start(root, folder, command, "--runs_dir", "full"))
    seconds = time.monotonic() - began
    rng = np.random.default_rng(5)
    for _ in range(kills):
        process = resume(root, folder, command, "resumed")
        time.sleep(seconds * rng.uniform(0.3, 1.0))
        process.send_signal(number)
        _, err = process.communicate()
        assert "Traceback" not in err, err
    resumed = finished(resume(root, folder, command, "resumed"))
    check_equal(folder, full, resumed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "kills", "number"),
    [
        (TEXTS, 20, signal.SIGKILL),
        (REINFORCE, 3, signal.SIGKILL),
        (IMAGES, 20, signal.SIGKILL),
        (TEXTS, 10, signal.SIGINT),
        (IMAGES, 10, signal.SIGTERM),
    ],
)
def test_a_training_killed_at_random_times_is_bit_identical(
    root, folder, command, kills, number
):
    kill_and_compare(root, folder, command, kills, number)


def interrupted(process, line):
    """Sends SIGINT when a line starts, and returns standard error."""
    for printed in process.stdout:
        if printed.startswith(line):
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate()
    assert process.returncode == 130
    return err


def test_the_printed_command_resumes_bit_identically(root, folder):
    full = finished(start(root, folder, TEXTS, "--runs_dir", "full"))
    flags = ["--tensorboard"] if find_spec("tensorboard") else []
    process = start(root, folder, TEXTS, "--runs_dir", "resumed", *flags)
    err = interrupted(process, "Epoch 4/")
    run = run_of(folder, "resumed")
    assert "stopped; resume after step " in err
    assert err.endswith(f"train_textgan.py --resume {run}\n")
    # The newest checkpoint is damaged, so the one before is restored.
    saved = sorted((run / "state").iterdir())
    newest = saved[-1]
    assert len(saved) == 2
    data = bytearray(newest.read_bytes())
    data[500] ^= 1
    newest.write_bytes(data)
    process = resume(root, folder, TEXTS, "resumed")
    err = interrupted(process, "Epoch 5/")
    assert f"{newest.name} is damaged" in err
    assert re.search(r"resume after step \d of epoch 5: ", err)
    resumed = finished(resume(root, folder, TEXTS, "resumed"))
    check_equal(folder, full, resumed)
    assert logged_epochs(run) == ([1, 2, 3, 4, 5] if flags else [])
    # A run is not resumed with other texts.
    (folder / "texts.txt").write_text("a cat\nthe dog\na tree")
    process = resume(root, folder, TEXTS, "resumed")
    _, err = process.communicate()
    assert process.returncode == 2 and "is of different data" in err
    process = start(root, folder, TEXTS, "--resume", str(folder))
    _, err = process.communicate()
    assert process.returncode == 2 and "is not the folder of a run" in err


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a file system whose size can be changed, where that is allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def resize(size, *more):
        options = ",".join([*more, f"size={size}"])
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            pytest.skip("mounting a small file system is not allowed here")

    resize(2**16)
    yield lambda size: resize(size, "remount")
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("command", [TEXTS, IMAGES])
def test_a_full_disk_loses_no_progress(root, folder, command, small_disk):
    full = finished(start(root, folder, command, "--runs_dir", "full"))
    files = run_of(folder, "full").rglob("*.*")
    size = sum(path.stat().st_size for path in files if path.is_file())
    (folder / "resumed").symlink_to(folder / "disk")
    errors = set()
    for fraction in (0.02, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.1, 1.3, 1.6):
        small_disk(int(fraction * size))
        process = resume(root, folder, command, "resumed")
        _, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        for path in (folder / "disk").rglob("*.h5"):
            keras.models.load_model(path, compile=False)
        if not process.returncode:
            break
        assert process.returncode == 1 and "No space left" in err, err
        errors.add(err.splitlines()[-1])
    assert len(errors) > 3
    small_disk(2**28)
    resumed = finished(resume(root, folder, command, "resumed"))
    check_equal(folder, full, resumed)
