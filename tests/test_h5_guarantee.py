"""Saved models load in plain Keras, in a process without this project."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import srgan
import textgan
from gancore.saving.model_io import save_h5

# Runs in isolated mode, and cannot import the packages.
PLAIN_KERAS = """
import sys
for name in ("gancore", "srgan", "textgan"):
    sys.modules[name] = None
sys.path = [p for p in sys.path if p not in ("", {root!r})]
import keras, numpy as np
assert keras.backend.backend() == {backend!r}
model = keras.models.load_model({path!r})
inputs = list(np.load({inputs!r}).values())
inputs = inputs if len(inputs) > 1 else inputs[0]
outputs = keras.tree.flatten(model(inputs, training=False))
np.savez({outputs!r}, *[keras.ops.convert_to_numpy(y) for y in outputs])
"""

IDS = np.array([[2, 5, 6, 3, 0, 0], [2, 7, 8, 9, 9, 3]], dtype=np.int32)
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 17, 22, 3))
IMAGES[1] /= 2
IMAGES = IMAGES.astype(np.float32)
NOISE = np.random.default_rng(1).normal(size=(2, 17, 22, 2)).astype(np.float32)

CODES = np.random.default_rng(2).uniform(-1, 1, (2, 7)).astype(np.float32)


def perturbed(network):
    """Adds noise to every trainable weight, as training would."""
    random = np.random.default_rng(1)
    for layer in network.layers:
        if layer.trainable:
            layer.set_weights(
                [
                    w + abs(random.normal(0, 0.01, w.shape))
                    for w in layer.get_weights()
                ]
            )
    return network


NETWORKS = {
    "textgan_generator": lambda: (textgan.Generator(50, 12, 16), IDS),
    "textgan_generator_latent": lambda: (
        textgan.Generator(50, 12, 16, latent_dim=7),
        [IDS, CODES],
    ),
    "textgan_discriminator": lambda: (textgan.Discriminator(50, 12), IDS),
    "textgan_discriminator_latent": lambda: (
        textgan.Discriminator(50, 12, latent_dim=7),
        IDS,
    ),
    "textgan_discriminator_recurrent": lambda: (
        textgan.RecurrentDiscriminator(50, 12, 16),
        IDS,
    ),
    **{
        f"srgan_generator_x{scale}": lambda scale=scale: (
            srgan.Generator(scale, blocks=2, filters=8),
            IMAGES,
        )
        for scale in (2, 3, 4, 8)
    },
    "srgan_generator_norm": lambda: (
        srgan.Generator(4, blocks=2, filters=8, batch_norm=True),
        IMAGES,
    ),
    "srgan_generator_compact": lambda: (
        srgan.Generator(4, blocks=2, filters=8, compact=True),
        IMAGES,
    ),
    "srgan_generator_noise": lambda: (
        srgan.Generator(2, blocks=2, filters=8, noise_channels=2),
        [IMAGES, NOISE],
    ),
    "srgan_discriminator": lambda: (srgan.Discriminator(0.1), IMAGES),
    "srgan_unet_discriminator": lambda: (
        srgan.UNetDiscriminator(0.1),
        IMAGES[:, :16, :16],
    ),
}


def outputs_in_plain_keras(
    name: str, backend: str, folder: Path, root: Path
) -> tuple[list, list]:
    """Returns outputs of a network here and in a process with Keras only."""
    import keras

    network, inputs = NETWORKS[name]()
    perturbed(network)
    save_h5(network, folder / "model.h5", {"package": "test"})
    np.savez(folder / "inputs.npz", *keras.tree.flatten(inputs))
    code = PLAIN_KERAS.format(
        root=str(root),
        backend=backend,
        path=str(folder / "model.h5"),
        inputs=str(folder / "inputs.npz"),
        outputs=str(folder / "outputs.npz"),
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    ours = [np.array(y) for y in keras.tree.flatten(network(inputs))]
    theirs = list(np.load(folder / "outputs.npz").values())
    return ours, theirs


@pytest.mark.parametrize("name", NETWORKS)
def test_saved_networks_are_bit_equal_in_plain_keras(name, tmp_path, root):
    ours, theirs = outputs_in_plain_keras(name, "tensorflow", tmp_path, root)
    for here, there in zip(ours, theirs, strict=True):
        if name == "textgan_generator_latent":
            # The initial state is added to the inputs, so in another order.
            limit = 1e-6 * np.ptp(here)
            np.testing.assert_allclose(here, there, rtol=0, atol=limit)
        else:
            np.testing.assert_array_equal(here, there)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("name", NETWORKS)
def test_saved_networks_load_under_other_backends(
    name, backend, tmp_path, root
):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}; install the extra [backends]")
    ours, theirs = outputs_in_plain_keras(name, backend, tmp_path, root)
    for here, there in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=2e-3)
