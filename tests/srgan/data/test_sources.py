import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.data import locations
from srgan.data.dead_leaves import dead_leaves
from srgan.data.dedup import fingerprint, group_near_duplicates
from srgan.data.sources import find_dataset, smallest_side
from srgan.image_io.files import read_rgb, write_png


def make_images(folder, count, size=40, first=0):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + count):
        random = np.random.default_rng(i)
        pixels = random.integers(0, 256, (size, size + 8, 3), dtype=np.uint8)
        write_png(folder / f"{i:04d}.png", pixels)


def find(dataset="div2k", data_dir=None, **changes):
    settings = dict(scale=4, min_size=32, validation_fraction=0.25, seed=1)
    return find_dataset(dataset, data_dir, **{**settings, **changes})


def test_a_folder_is_split_by_the_seed(tmp_path):
    make_images(tmp_path / "photos", 12)
    images = find(str(tmp_path / "photos"))
    assert (len(images.train), len(images.valid)) == (9, 3)
    assert not set(images.train) & set(images.valid)
    assert set(images.train.values()) == {(40, 48)}
    assert smallest_side(images.train.values()) == 40
    assert find(str(tmp_path / "photos")) == images
    assert find(str(tmp_path / "photos"), seed=2) != images


def test_near_duplicates_stay_on_one_side(tmp_path):
    for i in range(6):
        image = Image.fromarray(dead_leaves(80, i))
        image.save(tmp_path / f"{i}.png")
        image.resize((40, 40)).save(tmp_path / f"{i}_small.png")
        image.save(tmp_path / f"{i}_low.jpg", quality=60)
        # Folders of LR images are skipped.
        (tmp_path / "LR_bicubic").mkdir(exist_ok=True)
        image.save(tmp_path / "LR_bicubic" / f"{i}x2.png")
    for seed in range(5):
        images = find(str(tmp_path), seed=seed)
        sides = [
            {path.name[0] for path in side}
            for side in (images.train, images.valid)
        ]
        assert not sides[0] & sides[1]
        assert len(images.train) + len(images.valid) == 18
        assert len(images.valid) == 6  # A quarter of 6, rounded to even.


@pytest.mark.integration
def test_different_images_are_no_near_duplicates():
    prints = [fingerprint(dead_leaves(64, seed)) for seed in range(60)]
    assert len(group_near_duplicates(prints)) == 60
    assert group_near_duplicates([]) == []


def test_photographs_are_no_near_duplicates(outside):
    paths = sorted(outside("data/sr/train/BSDS500").rglob("*.jpg"))[:200]
    groups = group_near_duplicates(
        [fingerprint(read_rgb(path)) for path in paths]
    )
    assert len(groups) > 0.97 * len(paths)


def make_div2k(root):
    make_images(root / "DIV2K_train_HR", 3)
    make_images(root / "DIV2K_valid_HR", 2, first=800)


def save_lr(root, name, height, width):
    path = root / "DIV2K_valid_LR_bicubic" / "X4" / f"{name}x4.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.zeros((height, width, 3), dtype=np.uint8))
    return path


def test_div2k_keeps_its_split_and_its_lr_images(tmp_path, caplog):
    make_div2k(tmp_path)
    lr = save_lr(tmp_path, "0800", 10, 12)
    # A validation image that is in the training set too is left out.
    shutil.copy(
        tmp_path / "DIV2K_train_HR" / "0000.png",
        tmp_path / "DIV2K_valid_HR" / "0900.png",
    )
    images = find("div2k", str(tmp_path))
    assert len(images.train) == 3
    assert [p.name for p in images.valid] == ["0800.png", "0801.png"]
    assert images.lr == {next(iter(images.valid)): lr}
    assert "left out 1 validation images" in caplog.text
    assert find("div2k", str(tmp_path), scale=2).lr == {}


def test_lr_files_of_another_size_are_replaced(tmp_path, caplog):
    make_div2k(tmp_path)
    save_lr(tmp_path, "0800", 10, 13)
    save_lr(tmp_path, "0801", 10, 12).write_text("no image")
    assert find("div2k", str(tmp_path)).lr == {}
    assert "left out 2 official LR files" in caplog.text
    assert "'0800x4.png' (not 12 x 10)" in caplog.text


def test_div2k_without_a_training_set_is_an_error(tmp_path):
    make_images(tmp_path / "DIV2K_valid_HR", 2)
    with pytest.raises(UserError, match="no DIV2K_train_HR to train on"):
        find("div2k", str(tmp_path))


def test_bad_images_are_left_out_and_named(tmp_path, caplog):
    make_images(tmp_path, 3)
    make_images(tmp_path, 1, size=20, first=90)
    (tmp_path / "empty.png").touch()
    whole = (tmp_path / "0000.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (50, 50), 9).save(tmp_path / "grey.png")
    images = find(str(tmp_path))
    assert len(images.train) + len(images.valid) == 4
    assert "left out 3 of 7 images" in caplog.text
    for name in ("'0090.png' (28 x 20 is too small)", "empty.png", "half.png"):
        assert name in caplog.text


def test_no_usable_image_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no usable image of at least 32 x 32"):
        find(str(tmp_path))
    with pytest.raises(UserError, match="no folder of images"):
        find("no_such_folder")


def test_one_image_is_trained_on_without_validation(tmp_path):
    make_images(tmp_path, 1)
    images = find(str(tmp_path))
    assert (len(images.train), len(images.valid)) == (1, 0)


@pytest.fixture
def few_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(locations, "GENERATED_COUNT", 4)
    monkeypatch.setattr(locations, "GENERATED_SIZE", 40)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GAN_DATASETS", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME")
def test_without_div2k_images_are_generated_once_in_the_cache(
    few_leaves, tmp_path, caplog
):
    first = find("div2k")
    (message,) = caplog.messages
    assert "using generated dead-leaves images, kept in" in message
    assert str(tmp_path / "cache" / "keras-textgan-srgan") in message
    assert first.name == "dead_leaves"
    assert len(first.train) + len(first.valid) == 4
    stamps = [path.stat().st_mtime_ns for path in first.train]
    assert find("div2k") == first
    assert [path.stat().st_mtime_ns for path in first.train] == stamps
    assert not list((tmp_path / "work").iterdir())


def test_generated_images_are_kept_in_the_folder_of_the_variable(
    few_leaves, tmp_path, monkeypatch
):
    monkeypatch.setenv("GAN_DATASETS", str(tmp_path / "data"))
    folder = tmp_path / "data" / "div2k"
    assert all(folder in path.parents for path in find("div2k").train)
    assert [path.name for path in folder.iterdir()] == ["dead_leaves_4x40"]
    assert not (tmp_path / "cache").exists()
    # The working directory's are found without it.
    monkeypatch.delenv("GAN_DATASETS")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").rename("datasets")
    train = find("div2k").train
    assert all(Path("datasets/div2k") in path.parents for path in train)


def test_div2k_is_read_from_the_working_directory_or_the_variable(
    few_leaves, tmp_path, monkeypatch
):
    make_div2k(tmp_path / "work" / "datasets" / "div2k")
    make_div2k(tmp_path / "data" / "div2k")
    assert find("div2k").name == "div2k"
    assert all(not path.is_absolute() for path in find("div2k").train)
    monkeypatch.setenv("GAN_DATASETS", str(tmp_path / "data"))
    assert find("div2k").name == "div2k"
    assert all(tmp_path / "data" in p.parents[2:] for p in find("div2k").train)


def test_the_digest_depends_on_the_pixels(tmp_path):
    make_images(tmp_path, 3)
    before = find(str(tmp_path)).facts()
    path = next(tmp_path.glob("*.png"))
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    after = find(str(tmp_path)).facts()
    assert after["digest"] != before["digest"]
    # Names and sizes are the same.
    assert {**after, "digest": ""} == {**before, "digest": ""}
