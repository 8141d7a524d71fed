"""The same configuration in two processes gives bit-identical weights."""

import hashlib
import json
import os
import subprocess
import sys

import h5py
import pytest

TEXTS = (
    "train_textgan.py --dataset texts.txt --epochs 1 --discriminator_epochs 1 "
    "--adversarial_epochs 1 --units 12 --embedding_dim 8 "
    "--discriminator_filters 4 --adversarial_length 6 --batch_size 6 "
    "--sampled_softmax 5"
)
IMAGES = (
    "train_srgan.py --pixel_epochs 1 --adversarial_epochs 1 --blocks 1 "
    "--steps_per_epoch 3 --filters 6 --discriminator_width 0.1 --scale 2 "
    "--batch_size 4 --patch_size 32 --validation_size 32 --noise_channels 1 "
    "--degradation blind --dataset images"
)


def train(root, folder, command, runs, *more):
    script, *flags = command.split()
    subprocess.run(
        [sys.executable, root / script, *flags, *more, "--runs_dir", runs],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
    )
    (run,) = (folder / runs).glob("*/*/*")
    return run


def weights(path):
    """Computes a digest of all arrays of an `.h5` and their names."""
    digest = hashlib.sha256()

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            digest.update(name.encode() + item[()].tobytes())

    with h5py.File(path) as file:
        file.visititems(add)
    return digest.hexdigest()


@pytest.mark.parametrize("command", [TEXTS, IMAGES])
def test_a_run_is_reproduced_by_its_config(root, folder, command):
    first = train(root, folder, command, "first")
    (script, *_) = command.split()
    again = f"{script} --config {first}"
    second = train(root, folder, again, "second", "--deterministic")
    other = train(root, folder, command, "other", "--seed", "2")
    for name in ("model.h5", "discriminator.h5"):
        assert weights(first / name) == weights(second / name)
        assert weights(first / name) != weights(other / name)
    configs = [
        json.loads((run / "config.json").read_text()) for run in (first, second)
    ]
    changes = {"runs_dir": "second", "deterministic": True}
    assert configs[1] == {**configs[0], **changes}
