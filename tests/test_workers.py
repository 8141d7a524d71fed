"""Two worker processes on this machine, compared with one process."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

TEXTS = (
    "train_textgan.py --dataset texts.txt --epochs 2 --discriminator_epochs 1 "
    "--adversarial_epochs 1 --dropout 0 --units 12 --embedding_dim 8 "
    "--discriminator_filters 4 --adversarial_length 6 --batch_size 6"
)
IMAGES = (
    "train_srgan.py --pixel_epochs 1 --adversarial_epochs 2 --blocks 1 "
    "--steps_per_epoch 3 --filters 6 --discriminator_width 0.1 --scale 2 "
    "--batch_size 4 --preview_epochs 0 --patch_size 32 --validation_size 32 "
    "--dataset images --tensorboard"
)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("localhost", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start(root, folder, command, runs, index=None, ports=(), **changes):
    script, *flags = command.split()
    environment = {**os.environ, "PYTHONPATH": str(root), **changes}
    environment.pop("TF_CONFIG", None)
    if index is not None:
        workers = [f"localhost:{port}" for port in ports]
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": workers}, "task": task}
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, root / script, *flags, "--runs_dir", runs],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes):
    results = []
    for process in processes:
        out, err = process.communicate(timeout=240)
        results.append((process.returncode, out, err))
    return results


def outcome(folder, runs):
    (run,) = (folder / runs).glob("*/*/*")
    with (run / "log.csv").open() as file:
        rows = [
            {k: float(v) for k, v in row.items() if v and k != "stage"}
            for row in csv.DictReader(file)
        ]
    return run, rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "equal"),
    # Texts are generated with a seed of each replica, so later stages differ.
    [(TEXTS, 2), (IMAGES, 3)],
)
def test_two_workers_train_as_one_process(root, folder, command, equal):
    import keras

    ports = free_ports(2)
    pair = [start(root, folder, command, "two", i, ports) for i in (0, 1)]
    chief, other = finish(*pair)
    (alone,) = finish(start(root, folder, command, "one"))
    for code, _, err in (chief, other, alone):
        assert code == 0, err[-2000:]
    # Only the chief prints and keeps its files.
    assert "Epoch 3/" in chief[1] and "Epoch" not in other[1]
    (run, together), (expected, one) = (
        outcome(folder, runs) for runs in ("two", "one")
    )
    for ours, theirs in zip(together[:equal], one[:equal], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5)
    if equal == len(one):
        nets = [
            keras.models.load_model(path / "model.h5", compile=False)
            for path in (run, expected)
        ]
        for a, b in zip(*(net.get_weights() for net in nets), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("victim", "by"), [(0, signal.SIGKILL), (1, signal.SIGTERM)]
)
def test_a_training_resumes_after_a_worker_was_killed(root, folder, victim, by):
    full = [
        start(root, folder, IMAGES, "full", i, ports)
        for ports in (free_ports(2),)
        for i in (0, 1)
    ]
    for code, _, err in finish(*full):
        assert code == 0, err[-2000:]
    ports = free_ports(2)
    pair = [start(root, folder, IMAGES, "resumed", i, ports) for i in (0, 1)]
    for line in pair[0].stdout:
        if line.startswith("Epoch 3/"):
            break
    pair[victim].send_signal(by)
    for process in pair:
        process.communicate(timeout=240)  # the other one ends by itself
        assert process.returncode != 0
    assert pair[victim].returncode == -by
    run = next((folder / "resumed").glob("*/*/*"))
    ports = free_ports(2)
    script = IMAGES.split()[0]
    resumed = [
        start(root, folder, f"{script} --resume {run}", "resumed", i, ports)
        for i in (0, 1)
    ]
    for code, _, err in finish(*resumed):
        assert code == 0, err[-2000:]
    ours, theirs = (outcome(folder, runs)[1] for runs in ("resumed", "full"))
    assert len(ours) == len(theirs) == 3
    for row, expected in zip(ours, theirs, strict=True):
        assert row == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.slow
def test_the_tasks_of_a_slurm_step_find_each_other(root, folder):
    """With the variables of `srun -n 2`, both tasks on this host."""
    command = TEXTS + " --strategy multi_worker"
    step = {
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
    }
    pair = [
        start(root, folder, command, "two", SLURM_PROCID=str(i), **step)
        for i in (0, 1)
    ]
    chief, other = finish(*pair)
    assert chief[0] == other[0] == 0, chief[2][-2000:]
    assert "Epoch 4/" in chief[1] and "Epoch" not in other[1]
    assert "sharded over 2 replicas" in chief[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (" --units 13", "the workers differ in config"),
        (" --batch_size 5", "multiple of the number of replicas, 2"),
    ],
)
def test_workers_with_different_options_are_an_error(
    root, folder, changes, message
):
    ports = free_ports(2)
    commands = [TEXTS, TEXTS + changes]
    if "batch" in changes:
        commands = [commands[1]] * 2
    done = finish(
        *[
            start(root, folder, command, "two", i, ports)
            for i, command in enumerate(commands)
        ]
    )
    for code, _, err in done:
        assert code == 2
        assert message in err
    assert not (folder / "two").exists()


@pytest.mark.slow
def test_workers_with_different_texts_are_an_error(root, folder):
    other = folder / "other"
    other.mkdir()
    (other / "texts.txt").write_text((folder / "texts.txt").read_text() + "\nx")
    ports = free_ports(2)
    done = finish(
        start(root, folder, TEXTS, "two", 0, ports),
        start(root, other, TEXTS, "two", 1, ports),
    )
    for code, _, err in done:
        assert code == 2
        assert "the workers differ in data" in err
