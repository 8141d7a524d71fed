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
    """A folder like DIV2K's own, low resolution of other pixels included."""
    root = tmp_path / "div2k"
    random = np.random.default_rng(0)
    for split, first, count in (("train", 1, 5), ("valid", 801, 2)):
        for i in range(first, first + count):
            high = dead_leaves(64, i)[:, : 64 - 8 * (i % 2)]
            low = random.integers(0, 256, (16, high.shape[1] // 4, 3), "uint8")
            for folder, name, pixels in (
                (f"DIV2K_{split}_HR", f"{i:04d}.png", high),
                (f"DIV2K_{split}_LR_bicubic/X4", f"{i:04d}x4.png", low),
            ):
                (root / folder).mkdir(parents=True, exist_ok=True)
                write_png(root / folder / name, pixels)
    return root


def by_hand(div2k, folder):
    """Writes what TensorFlow Datasets writes, in its layout."""
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
            with tf.io.TFRecordWriter(str(path)) as text_generator:
                for high in files[shard::shards]:
                    low = div2k / f"DIV2K_{split}_LR_bicubic" / "X4"
                    low = low / f"{high.stem}x4.png"
                    feature = {
                        key: tf.train.Feature(
                            bytes_list=tf.train.BytesList(
                                value=[path.read_bytes()]
                            )
                        )
                        for key, path in (("lr", low), ("hr", high))
                    }
                    example = tf.train.Example(
                        features=tf.train.Features(feature=feature)
                    )
                    text_generator.write(example.SerializeToString())
    return folder


def by_tfds(div2k, folder):
    """Has TensorFlow Datasets' own builder do it, without its download."""
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
    whole = builder._split_generators
    builder._split_generators = lambda *args, **more: whole(Offline())
    builder.download_and_prepare()
    return folder / "div2k" / "bicubic_x4" / "2.0.0"


def find(root, scale=4, smallest=16):
    return find_dataset(
        "div2k",
        str(root),
        scale=scale,
        smallest=smallest,
        validation_fraction=0.5,
        seed=0,
    )


def pixels(images, side, read):
    """Gives all pairs of one side, in an order of their own."""
    pairs = []
    for path in getattr(images, side):
        low = images.low.get(path)
        pairs.append((read(path), read(low) if low else None))
    return sorted(pairs, key=lambda pair: pair[0].tobytes())


@pytest.mark.parametrize(
    "prepare", [by_hand, pytest.param(by_tfds, marks=pytest.mark.slow)]
)
@pytest.mark.filterwarnings("ignore")
def test_prepared_images_are_those_of_the_folder(div2k, tmp_path, prepare):
    folder = prepare(div2k, tmp_path / "tfds")
    expected = find(div2k)
    for root in (folder, tmp_path / "tfds"):
        found = find(root)
        assert (len(found.train), len(found.valid), len(found.low)) == (5, 2, 7)
        for side in ("train", "valid"):
            ours = pixels(found, side, read_sub_image)
            theirs = pixels(expected, side, read_rgb)
            for (high, low), (other_high, other_low) in zip(
                ours, theirs, strict=True
            ):
                np.testing.assert_array_equal(high, other_high)
                np.testing.assert_array_equal(low, other_low)
            sizes = sorted(getattr(found, side).values())
            assert sizes == sorted(getattr(expected, side).values())


def test_low_resolution_of_another_scale_is_made_anew(div2k, tmp_path, capsys):
    found = find(by_hand(div2k, tmp_path), scale=2)
    assert not found.low
    assert "7 images of low resolution" in capsys.readouterr().err


def test_small_images_are_left_out(div2k, tmp_path, capsys):
    found = find(by_hand(div2k, tmp_path), smallest=60)
    assert (len(found.train), len(found.valid)) == (2, 1)
    assert "left out 4 images of under 60" in capsys.readouterr().err


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
        (lambda f: spoil(f / "div2k-train.tfrecord-00000-of-00002"), "damaged"),
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
    folder = by_hand(div2k, tmp_path)
    damage(folder)
    with pytest.raises(UserError, match=message) as refusal:
        find(folder)
    assert str(folder) in str(refusal.value)


def cut(path, to=-200):
    path.write_bytes(path.read_bytes()[:to])


def spoil(path):
    data = bytearray(path.read_bytes())
    for place in range(0, len(data), 50):
        data[place] ^= 255
    path.write_bytes(data)
