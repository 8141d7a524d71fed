"""The scripts in examples/ run on small data."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def run_example(root, tmp_path):
    """Runs an example in an empty folder; returns what it prints."""

    def run(name, *words):
        command = [sys.executable, str(root / "examples" / name)]
        result = subprocess.run(
            [*command, *map(str, words)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout

    return run


def test_fine_tuning_on_texts(run_example, root, tmp_path):
    sample = (root / "datasets/kaggle_jokes/sample.csv").read_text("utf-8")
    (tmp_path / "my.csv").write_text("\n".join(sample.splitlines()[:200]))
    printed = run_example("finetune_texts.py", "my.csv", "model.h5")
    assert "val_nll" in printed
    assert keras.models.load_model(tmp_path / "model.h5", compile=False)


def test_fine_tuning_on_images(run_example, tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for i in range(10):
        small = random.integers(0, 256, (6, 6, 3), np.uint8)
        image = Image.fromarray(small).resize((120, 120))
        image.save(tmp_path / "images" / f"{i}.png")
    printed = run_example("finetune_images.py", "images", "model.h5")
    assert "val_psnr" in printed
    model = keras.models.load_model(tmp_path / "model.h5", compile=False)
    assert model.predict(np.zeros((1, 8, 9, 3)), verbose=0).shape == (
        1, 32, 36, 3,
    )  # fmt: skip


def test_a_figure_of_models(run_example, tmp_path):
    run_example("compare_models.py", "figure.png", "compact-x4")
    with Image.open(tmp_path / "figure.png") as image:
        # Three rows of three crops, of which no two columns are equal.
        pixels = np.asarray(image.convert("L"), "float32")
    thirds = np.array_split(pixels[:, : pixels.shape[1] // 3 * 3], 3, axis=1)
    assert all(third.std() > 20 for third in thirds)
    assert np.abs(thirds[1] - thirds[2]).mean() > 1


def test_an_h5_without_the_project(run_example, root, tmp_path):
    Image.new("RGB", (12, 8), "teal").save(tmp_path / "photo.png")
    weights = root / "srgan/weights/compact-x4.h5"
    run_example("use_h5.py", weights, "photo.png", "large.png")
    with Image.open(tmp_path / "large.png") as image:
        assert image.size == (48, 32)
    assert run_example("use_h5.py", root / "textgan/weights/jokes.h5").strip()
