import shutil

import numpy as np
import pytest
from PIL import Image

from adversarial.messages import UserError
from srgan import folders
from srgan.images import write_png


def make_images(folder, count, size=40, first=0):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + count):
        random = np.random.default_rng(i)
        pixels = random.integers(0, 256, (size, size + 8, 3), dtype=np.uint8)
        write_png(folder / f"{i:04d}.png", pixels)


def find(dataset="div2k", data_dir=None, **changes):
    settings = dict(scale=4, smallest=32, validation_fraction=0.25, seed=1)
    return folders.find_pictures(dataset, data_dir, **{**settings, **changes})


def test_a_folder_is_split_by_the_seed(tmp_path):
    make_images(tmp_path / "photos", 12)
    pictures = find(str(tmp_path / "photos"))
    assert pictures.name == "photos"
    assert (len(pictures.train), len(pictures.valid)) == (9, 3)
    assert not set(pictures.train) & set(pictures.valid)
    assert pictures.smallest == 40
    assert pictures.pixels == 9 * 40 * 48
    assert find(str(tmp_path / "photos")) == pictures
    assert find(str(tmp_path / "photos"), seed=2) != pictures


def test_copies_of_a_picture_stay_on_one_side(tmp_path):
    make_images(tmp_path, 6)
    for path in list(tmp_path.iterdir()):
        shutil.copy(path, tmp_path / f"copy_of_{path.name}")
    for seed in range(5):
        pictures = find(str(tmp_path), seed=seed)
        sides = [{p.name[-8:] for p in side} for side in
                 (pictures.train, pictures.valid)]  # fmt: skip
        assert not sides[0] & sides[1]


def test_the_real_div2k_keeps_its_split_and_its_low_resolution(tmp_path):
    make_images(tmp_path / "DIV2K_train_HR", 3)
    make_images(tmp_path / "DIV2K_valid_HR", 2, first=800)
    low = tmp_path / "DIV2K_valid_LR_bicubic" / "X4" / "0800x4.png"
    low.parent.mkdir(parents=True)
    write_png(low, np.zeros((10, 12, 3), dtype=np.uint8))
    # A held-out picture that is in the training set too must not be scored.
    shutil.copy(
        tmp_path / "DIV2K_train_HR" / "0000.png",
        tmp_path / "DIV2K_valid_HR" / "0900.png",
    )
    pictures = find("div2k", str(tmp_path))
    assert len(pictures.train) == 3
    assert [p.name for p in pictures.valid] == ["0800.png", "0801.png"]
    assert pictures.low == {pictures.valid[0]: low}
    assert find("div2k", str(tmp_path), scale=2).low == {}


def test_bad_images_are_left_out_and_named(tmp_path, capsys):
    make_images(tmp_path, 3)
    make_images(tmp_path, 1, size=20, first=90)
    (tmp_path / "empty.png").touch()
    whole = (tmp_path / "0000.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (50, 50), 9).save(tmp_path / "grey.png")
    pictures = find(str(tmp_path))
    assert len(pictures.train) + len(pictures.valid) == 4
    message = capsys.readouterr().err
    assert "left out 3 of 7 images" in message
    for name in ("0090.png (28 x 20 is too small)", "empty.png", "half.png"):
        assert name in message


def test_nothing_usable_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="no usable image of at least 32 x 32"):
        find(str(tmp_path))
    with pytest.raises(UserError, match="no folder of images"):
        find("no_such_folder")


def test_one_picture_is_trained_on_without_validation(tmp_path):
    make_images(tmp_path, 1)
    pictures = find(str(tmp_path))
    assert (len(pictures.train), len(pictures.valid)) == (1, 0)


def test_without_div2k_the_stand_in_is_made_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(folders, "DIV2K", tmp_path / "div2k")
    monkeypatch.setattr(folders, "_LEAVES", 4)
    monkeypatch.setattr(folders, "_LEAVES_SIZE", 40)
    first = find("div2k")
    assert "using generated dead-leaves pictures" in capsys.readouterr().err
    assert len(first.train) + len(first.valid) == 4
    stamps = [path.stat().st_mtime_ns for path in first.train]
    assert find("div2k") == first
    assert [path.stat().st_mtime_ns for path in first.train] == stamps
    assert "rendering" not in capsys.readouterr().err
    assert len(list((tmp_path / "div2k").iterdir())) == 1
