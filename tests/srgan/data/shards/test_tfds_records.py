import json

import numpy as np
import pytest

from gancore.errors import UserError
from srgan.data.dead_leaves import dead_leaves
from srgan.data.shards.reading import read_sub_image
from srgan.data.sources import find_dataset
from srgan.image_io.files import read_rgb, write_png


@pytest.fixture
def div2k(tmp_path):
    """A folder like DIV2K, with random LR images."""
    root = tmp_path / "div2k"
    random = np.random.default_rng(0)
    for split, first, count in (("train", 1, 5), ("valid", 801, 2)):
        for i in range(first, first + count):
            hr = dead_leaves(64, i)[:, : 64 - 8 * (i % 2)]
            lr = random.integers(0, 256, (16, hr.shape[1] // 4, 3), "uint8")
            for folder, name, pixels in (
                (f"DIV2K_{split}_HR", f"{i:04d}.png", hr),
                (f"DIV2K_{split}_LR_bicubic/X4", f"{i:04d}x4.png", lr),
            ):
                (root / folder).mkdir(parents=True, exist_ok=True)
                write_png(root / folder / name, pixels)
    return root


def write_records(div2k, folder):
    """Writes TFRecord files in the layout of TensorFlow Datasets."""
    import tensorflow as tf

    folder = folder / "div2k" / "bicubic_x4" / "2.0.0"
    folder.mkdir(parents=True)
    info = {"name": "div2k", "configName": "bicubic_x4", "version": "2.0.0"}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    for split, name, shards in (
        ("train", "train", 2),
        ("valid", "validation", 1),
    ):
        files = sorted((div2k / f"DIV2K_{split}_HR").iterdir())
        for shard in range(shards):
            path = folder / f"div2k-{name}.tfrecord-{shard:05d}-of-{shards:05d}"
            with tf.io.TFRecordWriter(str(path)) as writer:
                for hr in files[shard::shards]:
                    lr = div2k / f"DIV2K_{split}_LR_bicubic" / "X4"
                    lr = lr / f"{hr.stem}x4.png"
                    feature = {
                        key: tf.train.Feature(
                            bytes_list=tf.train.BytesList(
                                value=[path.read_bytes()]
                            )
                        )
                        for key, path in (("lr", lr), ("hr", hr))
                    }
                    example = tf.train.Example(
                        features=tf.train.Features(feature=feature)
                    )
                    writer.write(example.SerializeToString())
    return folder


def run_tfds(div2k, folder):
    """Runs the builder of TensorFlow Datasets, without its download."""
    pytest.importorskip(
        "tensorflow_datasets", reason="pip install -e '.[tfds]' brings it"
    )
    from tensorflow_datasets.datasets.div2k import div2k_dataset_builder

    class Offline:
        def download_and_extract(self, urls):
            roots = {"train_lr_url": "train_LR", "valid_lr_url": "valid_LR"}
            return {
                key: str(div2k / f"DIV2K_{roots[key]}_bicubic")
                if key in roots
                else str(div2k)
                for key in urls
            }

    builder = div2k_dataset_builder.Builder(
        config="bicubic_x4", data_dir=str(folder)
    )
    generators = builder._split_generators
    builder._split_generators = lambda *args, **more: generators(Offline())
    builder.download_and_prepare()
    return folder / "div2k" / "bicubic_x4" / "2.0.0"


def find(root, scale=4, min_size=16):
    return find_dataset(
        "div2k",
        str(root),
        scale=scale,
        min_size=min_size,
        validation_fraction=0.5,
        seed=0,
    )


def pixels(images, side, read):
    """Returns all pairs of one side, sorted by content."""
    pairs = []
    for path in getattr(images, side):
        lr = images.lr.get(path)
        pairs.append((read(path), read(lr) if lr else None))
    return sorted(pairs, key=lambda pair: pair[0].tobytes())


@pytest.mark.parametrize(
    "prepare", [write_records, pytest.param(run_tfds, marks=pytest.mark.slow)]
)
@pytest.mark.filterwarnings("ignore")
def test_prepared_images_are_those_of_the_folder(div2k, tmp_path, prepare):
    folder = prepare(div2k, tmp_path / "tfds")
    expected = find(div2k)
    for root in (folder, tmp_path / "tfds"):
        found = find(root)
        assert (len(found.train), len(found.valid), len(found.lr)) == (5, 2, 7)
        for side in ("train", "valid"):
            ours = pixels(found, side, read_sub_image)
            theirs = pixels(expected, side, read_rgb)
            for (hr, lr), (other_hr, other_lr) in zip(
                ours, theirs, strict=True
            ):
                np.testing.assert_array_equal(hr, other_hr)
                np.testing.assert_array_equal(lr, other_lr)
            sizes = sorted(getattr(found, side).values())
            assert sizes == sorted(getattr(expected, side).values())


def test_lr_images_of_another_scale_are_replaced(div2k, tmp_path, caplog):
    found = find(write_records(div2k, tmp_path), scale=2)
    assert not found.lr
    assert "7 LR images" in caplog.text


def test_small_images_are_left_out(div2k, tmp_path, caplog):
    found = find(write_records(div2k, tmp_path), min_size=60)
    assert (len(found.train), len(found.valid)) == (2, 1)
    assert "left out 4 images of under 60" in caplog.text


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda f: (f / "div2k-train.tfrecord-00001-of-00002").unlink(),
            "missing",
        ),
        (lambda f: cut(f / "div2k-train.tfrecord-00000-of-00002"), "cut off"),
        (
            lambda f: cut(f / "div2k-train.tfrecord-00000-of-00002", to=5),
            "cut off",
        ),
        (
            lambda f: flip(f / "div2k-train.tfrecord-00000-of-00002"),
            "damaged",
        ),
        (lambda f: (f / "dataset_info.json").write_text("[]"), "damaged"),
        (
            lambda f: (f / "dataset_info.json").write_text(
                '{"name": "../../elsewhere/div2k"}'
            ),
            "is no name of a dataset",
        ),
        (
            lambda f: (f / "dataset_info.json").write_text(
                '{"name": "div2k", "fileFormat": "array_record"}'
            ),
            "file_format='tfrecord'",
        ),
    ],
)
def test_damaged_files_are_named(div2k, tmp_path, damage, message):
    folder = write_records(div2k, tmp_path)
    damage(folder)
    with pytest.raises(UserError, match=message) as error:
        find(folder)
    assert str(folder) in str(error.value)


def cut(path, to=-200):
    path.write_bytes(path.read_bytes()[:to])


def flip(path):
    data = bytearray(path.read_bytes())
    for i in range(0, len(data), 50):
        data[i] ^= 255
    path.write_bytes(data)
