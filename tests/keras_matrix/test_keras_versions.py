"""Every `.h5` of this project loads and works in Keras 2.15 and newer.

Each version is installed into a folder of its own; a process with that version
and without this project uses the files. With KERAS_MATRIX_TABLE
set to a file, the table of docs/file_formats.md is written there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import srgan
import textgan
from gancore.saving.model_io import save_h5
from srgan.inference.load import PRETRAINED as IMAGE_MODELS
from srgan.inference.load import find_weights as find_image_model
from textgan.inference.load import PRETRAINED as TEXT_MODELS
from textgan.inference.load import find_weights as find_text_model

pytestmark = pytest.mark.keras_matrix

# The last is the version that the other tests use.
VERSIONS = (
    "2.15.0", "3.0.5", "3.1.1", "3.2.1", "3.3.3", "3.4.1", "3.5.0", "3.6.0",
    "3.7.0", "3.8.0", "3.9.2", "3.10.0", "3.11.3", "3.12.4", "3.13.2",
    "3.14.1", "3.15.1",
)  # fmt: skip
# Keras 3.6 alone warns whenever `predict` is given several inputs.
WARNS = {"3.6.0": {"textgan-generator-latent", "srgan-generator-noise"}}
LATENT, NOISE = 7, 2
RANDOM = np.random.default_rng(0)
IDS = RANDOM.integers(0, 50, (16, 9)).astype("int32")
CODES = RANDOM.uniform(-1, 1, (16, LATENT)).astype("float32")
IMAGES = RANDOM.uniform(0, 255, (8, 16, 24, 3)).astype("float32")
IMAGES *= np.linspace(0.1, 1, 8, dtype="float32").reshape(8, 1, 1, 1)
NOISE_MAPS = RANDOM.normal(size=(8, 16, 24, NOISE)).astype("float32")

NETWORKS = {
    "textgan-generator": (textgan.Generator(50, 12, 16), [IDS]),
    "textgan-generator-latent": (
        textgan.Generator(50, 12, 16, latent_dim=LATENT),
        [IDS, CODES],
    ),
    "textgan-discriminator": (textgan.Discriminator(50, 12), [IDS]),
    "textgan-discriminator-latent": (
        textgan.Discriminator(50, 12, latent_dim=LATENT),
        [IDS],
    ),
    "textgan-discriminator-recurrent": (
        textgan.RecurrentDiscriminator(50, 12, 16),
        [IDS],
    ),
    **{
        f"srgan-generator-x{scale}": (
            srgan.Generator(scale, blocks=2, filters=8),
            [IMAGES],
        )
        for scale in (2, 3, 4, 8)
    },
    "srgan-generator-batch-norm": (
        srgan.Generator(4, blocks=2, filters=8, batch_norm=True),
        [IMAGES],
    ),
    "srgan-generator-compact": (
        srgan.Generator(4, blocks=2, filters=8, compact=True),
        [IMAGES],
    ),
    "srgan-generator-noise": (
        srgan.Generator(2, blocks=2, filters=8, noise_channels=NOISE),
        [IMAGES, NOISE_MAPS],
    ),
    "srgan-discriminator": (srgan.Discriminator(0.1), [IMAGES]),
    "srgan-discriminator-unet": (srgan.UNetDiscriminator(0.1), [IMAGES]),
}


def train(script: str, root: Path, runs: Path, *flags: str) -> Path:
    """Trains for an epoch; returns the folder of the run."""
    command = [sys.executable, str(root / script), f"--runs_dir={runs}", *flags]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next(runs.glob("*/*/*/model.h5")).parent


@pytest.fixture(scope="session")
def files(root, tmp_path_factory) -> Path:
    """A folder of `.h5` files, with inputs and outputs in this Keras."""
    folder = tmp_path_factory.mktemp("files")
    inputs = {}
    for name, (network, given) in NETWORKS.items():
        for layer in network.layers:
            if layer.trainable:
                layer.set_weights(
                    [
                        w + abs(RANDOM.normal(0, 0.02, w.shape))
                        for w in layer.get_weights()
                    ]
                )
        save_h5(network, folder / f"{name}.h5", {})
        inputs[name] = given
    for name in IMAGE_MODELS:
        shutil.copy(find_image_model(name), folder)
        inputs[name] = [IMAGES]
    for name in TEXT_MODELS:
        shutil.copy(find_text_model(name), folder)
        inputs[name] = [IDS]
    runs = tmp_path_factory.mktemp("runs")
    for package, given, flags in (
        ("textgan", IDS, ["--epochs=1", "--discriminator_epochs=1"]),
        ("srgan", IMAGES, ["--steps_per_epoch=2", "--pixel_epochs=1",
                           "--adversarial_epochs=1"]),
    ):  # fmt: skip
        run = train(f"train_{package}.py", root, runs / package, *flags)
        for kind in ("model", "discriminator"):
            name = f"{package}-trained-{kind}"
            shutil.copy(run / f"{kind}.h5", folder / f"{name}.h5")
            inputs[name] = [given]
    for name, given in inputs.items():
        model = keras.models.load_model(folder / f"{name}.h5", compile=False)
        outputs = model.predict(given, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        arrays = {f"x{i}": x for i, x in enumerate(given)}
        arrays |= {f"y{i}": y for i, y in enumerate(outputs)}
        np.savez(folder / f"{name}.npz", **arrays)
    return folder


@pytest.fixture(scope="session")
def python_with(tmp_path_factory):
    """Installs a version of Keras; returns a command that runs it."""
    cache = os.environ.get("KERAS_MATRIX_CACHE")

    def install(version: str) -> tuple[list[str], dict[str, str]]:
        folder = Path(cache or tmp_path_factory.mktemp("keras")) / version
        if version.startswith("2."):
            if sys.version_info >= (3, 12):
                pytest.skip(f"TensorFlow {version} needs Python 3.11 or older")
            python = folder / "bin" / "python"
            if not python.exists():
                subprocess.run(
                    [sys.executable, "-m", "venv", folder], check=True
                )
                pip(python, f"tensorflow=={version.rsplit('.', 1)[0]}.*")
            return [str(python)], {}
        if not folder.exists():
            # Keras needed dm-tree until 3.2.
            pip(sys.executable, "--no-deps", "--target", folder,
                f"keras=={version}", "dm-tree")  # fmt: skip
        return [sys.executable], {"PYTHONPATH": str(folder)}

    return install


def pip(python, *words) -> None:
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *words], check=True
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_files_work_in(version, files, python_with):
    command, environment = python_with(version)
    # `-P` keeps this project off the import path.
    script = Path(__file__).with_name("load_and_use.py")
    result = subprocess.run(
        [*command, "-P", str(script), str(files)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        cwd=files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["keras"] == version
    failed = {
        name: found
        for name, found in report["files"].items()
        if isinstance(found, str) or max(found.values()) > 1e-6
    }
    for name in WARNS.get(version, ()):
        assert "structure of `inputs` doesn't match" in failed.pop(name)
    assert not failed
    assert len(report["files"]) == len(list(files.glob("*.npz")))
    write_row(version, report["files"])


def write_row(version: str, found: dict[str, dict[str, float] | str]) -> None:
    """Appends a version to the table, if one is requested."""
    table = os.environ.get("KERAS_MATRIX_TABLE")
    if not table:
        return
    worst = max(max(f.values()) for f in found.values() if isinstance(f, dict))
    with Path(table).open("a") as file:
        file.write(f"| {version} | {len(found)} | {worst:.1e} |\n")
