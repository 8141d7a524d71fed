import h5py
import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from srgan import Generator
from srgan.commands.publish import PublishOptions, run
from srgan.inference.load import PRETRAINED


@pytest.fixture(autouse=True)
def working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def example_of(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    return text.split("```python\n")[1].split("```")[0]


def test_the_example_of_a_model_with_noise_runs(tmp_path, monkeypatch):
    network = Generator(2, blocks=1, filters=4, noise_channels=2)
    metadata = {"config": {"adversarial_epochs": 3, "degradation": "blind"}}
    save_h5(network, tmp_path / "m.h5", {"package": "srgan", **metadata})
    run(PublishOptions(model="m.h5"))
    monkeypatch.chdir(tmp_path / "m")
    Image.new("L", (11, 7), 99).save("photo.jpg")
    exec(example_of(tmp_path / "m"), {})
    with Image.open("upscaled.png") as sr:
        assert sr.size == (22, 14)
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert 'tags: ["super-resolution", "srgan"]' in card
    assert "where an image is evidence" in card
    assert "| degradation | blind |" in card
    assert "| data | unknown |" in card


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_card_of_pretrained_weights_is_their_markdown_file(name, tmp_path):
    run(PublishOptions(model=name))
    card = (tmp_path / name / "README.md").read_text(encoding="utf-8")
    assert 'license: "apache-2.0"' in card
    assert "| test sets | Set5" in card and "Limits: " in card
    assert card.count("\n# ") == 1


def test_weights_without_a_model_are_refused(tmp_path, monkeypatch):
    save_h5(Generator(2, 1, 4), tmp_path / "old.h5", {})
    with h5py.File("old.h5", "r+") as file:
        del file.attrs["model_config"]
    monkeypatch.setattr(
        "srgan.inference.load.load", lambda path: Generator(2, 1, 4)
    )
    with pytest.raises(UserError, match="python -m srgan convert"):
        run(PublishOptions(model="old.h5"))
    assert [path.name for path in tmp_path.iterdir()] == ["old.h5"]


def test_untrusted_metadata_of_any_type(tmp_path):
    metadata = {
        "config": {"degradation": ["a", 3], "adversarial_epochs": "many"},
        "data": {"name": "x\n# y", "train": "all", "valid": None},
        "scores": {"val_psnr": "high", "val_ssim": True},
    }
    save_h5(Generator(2, 1, 4), tmp_path / "m.h5", metadata)
    run(PublishOptions(model="m.h5"))
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "| data | `x` |" in card and "high" not in card


def test_the_example_upscales_as_the_network(tmp_path, monkeypatch):
    network = Generator(4, blocks=1, filters=4, compact=True)
    save_h5(network, tmp_path / "m.h5", {"package": "srgan"})
    run(PublishOptions(model="m.h5"))
    monkeypatch.chdir(tmp_path / "m")
    photo = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    Image.fromarray(photo).save("photo.jpg")
    exec(example_of(tmp_path / "m"), {})
    lr = np.asarray(Image.open("photo.jpg"), "float32")
    expected = np.clip(np.round(network(lr[None])[0]), 0, 255)
    found = np.asarray(Image.open("upscaled.png"), "float32")
    assert np.abs(found - expected).max() <= 1
