import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gancore.errors import UserError
from srgan.commands.prepare import PrepareOptions, run
from srgan.data.dataset import make_training_dataset
from srgan.data.dead_leaves import dead_leaves
from srgan.data.mapping_network import MappingNetwork
from srgan.data.shards.reading import (
    find_sub_images,
    is_sub_image,
    read_sub_image,
)
from srgan.data.shards.writing import sub_image_starts
from srgan.data.sources import find_dataset
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import write_png

SIZES = {"size": 48, "step": 33, "smallest": 32, "workers": 1}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for i in range(8):
        write_png(folder / f"{i}.png", dead_leaves(1024, i)[: 700 + 30 * i])
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Image.new("RGB", (40, 20)).save(folder / "small.png")
    return folder


@pytest.fixture(scope="module")
def shards(images, tmp_path_factory):
    out = tmp_path_factory.mktemp("shards")
    run(PrepareOptions(data=str(images), out=str(out), shard_size=5, **SIZES))
    return out


def find(folder, **options):
    settings = {"scale": 2, "min_size": 32, "validation_fraction": 0.0}
    return find_dataset(str(folder), None, seed=1, **{**settings, **options})


@pytest.mark.parametrize("side", [20, 48, 49, 81, 82, 500])
def test_sub_images_cover_a_side_and_contain_each_patch(side):
    size, step = 48, 33
    starts = sub_image_starts(side, size, step)
    assert starts[0] == 0
    if side <= size:
        assert starts == [0]
        return
    assert starts[-1] == side - size
    patch = size - step + 1
    for first in range(side - patch + 1):
        assert any(s <= first and first + patch <= s + size for s in starts)


def test_records_are_read_as_tensorflow_reads_them(images, shards):
    found = find_sub_images(shards, min_size=32)
    files = sorted(map(str, shards.glob("*.tfrecord")))
    assert len(files) > 2
    records = [
        tf.io.decode_png(data).numpy()
        for data in tf.data.TFRecordDataset(files)
    ]
    assert len(records) == len(found)
    for (path, info), expected in zip(found.items(), records, strict=True):
        pixels = read_sub_image(path)
        assert pixels.shape[:2] == info.size == (48, 48)
        np.testing.assert_array_equal(pixels, expected)
    first = np.asarray(Image.open(images / "0.png"))
    np.testing.assert_array_equal(records[0], first[:48, :48])
    np.testing.assert_array_equal(records[1], first[:48, 33:81])


def test_training_reads_shards_and_no_image_is_on_both_sides(shards):
    found = find(shards, validation_fraction=0.25)
    manifest = json.loads((shards / "manifest.json").read_text())
    owners = {
        f"{shard['name']}#{part['start']}+{part['length']}": source["name"]
        for shard in manifest["shards"]
        for source in shard["sources"]
        for part in source["parts"]
    }
    train, valid = (
        {owners[path.name] for path in side}
        for side in (found.train, found.valid)
    )
    assert len(valid) == 2 and not train & valid
    assert train | valid == {f"{i}.png" for i in range(8)}
    few = dict(list(found.train.items())[:20])
    batches = make_training_dataset(
        few,
        found.lr,
        mapping=MappingNetwork(2),
        patch_size=48,
        batch_size=4,
        steps=2,
        seed=1,
    )
    wholes = {
        np.rot90(image, turn).tobytes()
        for path in few
        for pixels in (read_sub_image(path),)
        for image in (pixels, pixels[:, ::-1])
        for turn in range(4)
    }
    for _, hr in batches:
        for patch in hr.numpy().astype("uint8"):
            assert patch.tobytes() in wholes


def test_unusable_images_are_named(images, tmp_path, capsys, caplog):
    options = PrepareOptions(data=str(images), out=str(tmp_path), **SIZES)
    assert run(options) == 0
    assert "8 images in 1 shards" in capsys.readouterr().out
    assert "'broken.png'" in caplog.text
    assert "'small.png' (40 x 20" in caplog.text
    # Shards of another size group the images in another way.
    for other in ({"step": 40}, {"shard_size": 9}):
        with pytest.raises(UserError, match="other images or options"):
            run(PrepareOptions(**{**vars(options), **other}))


def test_without_a_usable_image_there_are_no_shards(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.png").symlink_to("nowhere.png")
    Image.new("RGB", (20, 20)).save(tmp_path / "in" / "small.png")
    folders = {"data": str(tmp_path / "in"), "out": str(tmp_path / "out")}
    with pytest.raises(UserError, match="could be used"):
        run(PrepareOptions(**folders, **SIZES))
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_full_disk_leaves_no_shard(images, tmp_path, root, on_a_small_disk):
    done = on_a_small_disk(
        f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(root)!r})
        from gancore.errors import RuntimeFailure
        from srgan.data.shards.writing import write_shard
        try:
            files = [Path({str(images)!r}) / "0.png"]
            write_shard(files, Path("part.tfrecord"), 48, 33, 32)
        except RuntimeFailure as error:
            print(error)
        """
    )
    assert done.stdout == "could not write part.tfrecord: File too large\n"
    assert not list(tmp_path.iterdir())


COMMAND = "srgan prepare --size 48 --step 33 --smallest 32 --shard_size 5"


def test_a_killed_run_is_resumed_and_ends_alike(images, shards, tmp_path, root):
    words = [*COMMAND.split(), str(images), str(tmp_path), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in process.stderr:
        if line.startswith("2/"):
            os.killpg(process.pid, signal.SIGKILL)
            break
    process.communicate()
    with pytest.raises(UserError, match="are not finished"):
        find_sub_images(tmp_path, 32)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.glob("part-0000[01]*")}
    assert len(before) == 2
    run(
        PrepareOptions(
            data=str(images), out=str(tmp_path), shard_size=5, **SIZES
        )
    )
    assert {p: p.stat().st_mtime_ns for p in before} == before
    ours, expected = (
        (folder / "manifest.json").read_text() for folder in (tmp_path, shards)
    )
    assert ours == expected
    assert len(find_sub_images(tmp_path, 32)) == len(
        find_sub_images(shards, 32)
    )


def children(pid):
    return [
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if is_child(path, pid)
    ]


def is_child(path, parent):
    try:
        facts = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # It has ended.
        return False
    return int(facts[1]) == parent and facts[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
@pytest.mark.parametrize("victim", ["parent", "worker"])
def test_no_process_is_left_where_one_was_killed(
    images, tmp_path, root, victim
):
    words = [*COMMAND.split(), str(images), str(tmp_path), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("1/"):
            break
    workers = [
        pid
        for pid in children(process.pid)
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(workers) == 1
    os.kill(process.pid if victim == "parent" else workers[0], signal.SIGKILL)
    _, err = process.communicate(timeout=60)  # when all have closed it
    if victim == "worker":
        assert process.returncode == 1
        assert "was killed, perhaps for want of memory" in err
        assert "Traceback" not in err


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_shard_is_named_or_left_out(
    shards, images, tmp_path, damage, caplog
):
    for file in shards.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "part-00001.tfrecord"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data if damage == "flip" else data[:1000])
    if damage == "gone":
        path.unlink()
    with pytest.raises(UserError, match=r"part-00001\.tfrecord is truncated"):
        find(tmp_path)
    left = find(tmp_path, skip_bad_shards=True)
    assert "left out" in caplog.text
    assert 0 < len(left.train) < len(find(shards).train)
    # Another prepare repairs it.
    options = {"data": str(images), "out": str(tmp_path), "shard_size": 5}
    assert run(PrepareOptions(**options, **SIZES)) == 0
    assert len(find(tmp_path).train) == len(find(shards).train)


def test_a_shard_that_changes_is_detected(shards, tmp_path):
    path = next(iter(find_sub_images(shards, 32)))
    record = str(path).partition("#")[2]
    copy = tmp_path / "part.tfrecord"
    copy.write_bytes(b"x" * 100_000)
    with pytest.raises(UnreadableImage, match="has changed"):
        read_sub_image(copy.with_name(f"{copy.name}#{record}"))
    with pytest.raises(UnreadableImage, match="no sub-image"):
        read_sub_image(copy)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "I;16"])
def test_a_record_of_another_pixel_format_is_rejected(mode, tmp_path):
    memory = io.BytesIO()
    Image.new(mode, (40, 40)).save(memory, "PNG")
    path = tmp_path / f"part.tfrecord#0+{memory.tell()}"
    (tmp_path / "part.tfrecord").write_bytes(memory.getvalue())
    with pytest.raises(UnreadableImage, match="not RGB"):
        read_sub_image(path)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "[1]", "nonsense"])
def test_an_invalid_manifest_is_rejected(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    (tmp_path / "part.tfrecord").touch()
    with pytest.raises(UserError, match=r"manifest\.json is"):
        find(tmp_path)


def test_a_manifest_of_another_program_is_ignored(images, tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "My photographs"}')
    data = (images / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(data)
    assert [path.name for path in find(tmp_path).train] == ["0.png"]


def test_a_folder_may_have_any_name(shards, tmp_path):
    folder = tmp_path / "a line\nand another #1"
    folder.mkdir()
    for file in shards.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    path = next(iter(find_sub_images(folder, 32)))
    assert is_sub_image(path) and read_sub_image(path).shape == (48, 48, 3)


def test_options_that_lose_pixels_are_rejected(tmp_path):
    with pytest.raises(UserError, match="leave pixels out"):
        PrepareOptions(data="a", out="b", size=48, step=49)
    with pytest.raises(UserError, match="no image"):
        run(PrepareOptions(data=str(tmp_path), out=str(tmp_path / "out")))
