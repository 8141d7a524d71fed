import shutil

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.data.dataset import sources as folders
from srgan.data.dead_leaves import dead_leaves
from srgan.data.dedup import fingerprint, group_near_duplicates
from srgan.data.sources import smallest_side
from srgan.image_io.files import read_rgb, write_png


def make_images(folder, count, size=40, first=0):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + count):
        random = np.random.default_rng(i)
        pixels = random.integers(0, 256, (size, size + 8, 3), dtype=np.uint8)
        write_png(folder / f"{i:04d}.png", pixels)


def find(dataset="div2k", data_dir=None, **changes):
    settings = dict(scale=4, smallest=32, validation_fraction=0.25, seed=1)
    return folders.find_images(dataset, data_dir, **{**settings, **changes})


def test_a_folder_is_split_by_the_seed(tmp_path):
    make_images(tmp_path / "photos", 12)
    images = find(str(tmp_path / "photos"))
    assert (len(images.train), len(images.valid)) == (9, 3)
    assert not set(images.train) & set(images.valid)
    assert set(images.train.values()) == {(40, 48)}
    assert smallest_side(images.train.values()) == 40
    assert find(str(tmp_path / "photos")) == images
    assert find(str(tmp_path / "photos"), seed=2) != images


def test_copies_of_a_image_stay_on_one_side(tmp_path):
    for i in range(6):
        image = Image.fromarray(dead_leaves(80, i))
        image.save(tmp_path / f"{i}.png")
        image.resize((40, 40)).save(tmp_path / f"{i}_small.png")
        image.save(tmp_path / f"{i}_low.jpg", quality=60)
        # Folders of low-resolution files are no images to learn from.
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


def test_unlike_images_are_no_copies():
    prints = [fingerprint(dead_leaves(64, seed)) for seed in range(60)]
    assert len(group_near_duplicates(prints)) == 60
    assert group_near_duplicates([]) == []


def test_real_photographs_are_no_copies(outside):
    paths = sorted(outside("data/sr/train/BSDS500").rglob("*.jpg"))[:200]
    groups = group_near_duplicates(
        [fingerprint(read_rgb(path)) for path in paths]
    )
    assert len(groups) > 0.97 * len(paths)


def make_div2k(root):
    make_images(root / "DIV2K_train_HR", 3)
    make_images(root / "DIV2K_valid_HR", 2, first=800)


def save_low(root, name, height, width):
    path = root / "DIV2K_valid_LR_bicubic" / "X4" / f"{name}x4.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.zeros((height, width, 3), dtype=np.uint8))
    return path


def test_the_real_div2k_keeps_its_split_and_its_low_resolution(
    tmp_path, capsys
):
    make_div2k(tmp_path)
    low = save_low(tmp_path, "0800", 10, 12)
    # A validation image that is in the training set too must not be scored.
    shutil.copy(
        tmp_path / "DIV2K_train_HR" / "0000.png",
        tmp_path / "DIV2K_valid_HR" / "0900.png",
    )
    images = find("div2k", str(tmp_path))
    assert len(images.train) == 3
    assert [p.name for p in images.valid] == ["0800.png", "0801.png"]
    assert images.low == {next(iter(images.valid)): low}
    assert "left out 1 validation copies" in capsys.readouterr().err
    assert find("div2k", str(tmp_path), scale=2).low == {}


def test_low_resolution_files_that_do_not_fit_are_made_anew(tmp_path, capsys):
    make_div2k(tmp_path)
    save_low(tmp_path, "0800", 10, 13)
    save_low(tmp_path, "0801", 10, 12).write_text("no image")
    assert find("div2k", str(tmp_path)).low == {}
    message = capsys.readouterr().err
    assert "left out 2 low-resolution files, which are made anew" in message
    assert "'0800x4.png' (not 12 x 10)" in message


def test_div2k_without_its_training_half_is_one_sentence(tmp_path):
    make_images(tmp_path / "DIV2K_valid_HR", 2)
    with pytest.raises(UserError, match="no DIV2K_train_HR to learn from"):
        find("div2k", str(tmp_path))


def test_bad_images_are_left_out_and_named(tmp_path, capsys):
    make_images(tmp_path, 3)
    make_images(tmp_path, 1, size=20, first=90)
    (tmp_path / "empty.png").touch()
    whole = (tmp_path / "0000.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (50, 50), 9).save(tmp_path / "grey.png")
    images = find(str(tmp_path))
    assert len(images.train) + len(images.valid) == 4
    message = capsys.readouterr().err
    assert "left out 3 of 7 images" in message
    for name in ("'0090.png' (28 x 20 is too small)", "empty.png", "half.png"):
        assert name in message


def test_nothing_usable_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="no usable image of at least 32 x 32"):
        find(str(tmp_path))
    with pytest.raises(UserError, match="no folder of images"):
        find("no_such_folder")


def test_one_image_is_trained_on_without_validation(tmp_path):
    make_images(tmp_path, 1)
    images = find(str(tmp_path))
    assert (len(images.train), len(images.valid)) == (1, 0)


def test_without_div2k_the_stand_in_is_made_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(folders, "DIV2K", tmp_path / "div2k")
    monkeypatch.setattr(folders, "_LEAVES", 4)
    monkeypatch.setattr(folders, "_LEAVES_SIZE", 40)
    first = find("div2k")
    assert "using generated dead-leaves images" in capsys.readouterr().err
    assert len(first.train) + len(first.valid) == 4
    stamps = [path.stat().st_mtime_ns for path in first.train]
    assert find("div2k") == first
    assert [path.stat().st_mtime_ns for path in first.train] == stamps
    assert "rendering" not in capsys.readouterr().err
    assert len(list((tmp_path / "div2k").iterdir())) == 1


def test_images_of_other_contents_are_message_apart(tmp_path):
    make_images(tmp_path, 3)
    before = find(str(tmp_path)).facts()
    path = next(tmp_path.glob("*.png"))
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    after = find(str(tmp_path)).facts()
    assert after["digest"] != before["digest"]
    # Names and sizes alone would not tell.
    assert {**after, "digest": ""} == {**before, "digest": ""}
