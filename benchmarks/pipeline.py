"""Share of training time spent waiting for data, with the default options.

python benchmarks/pipeline.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf
from timing import make_parser, median_and_range, report

import srgan.models.build
import srgan.training.stages
import textgan.commands.warm_start
import textgan.models.build
import textgan.training.stages
from gancore.training import tf_setup
from srgan.data.dataset import make_training_dataset
from srgan.data.dead_leaves import dead_leaves
from srgan.data.mapping_network import MappingNetwork
from srgan.image_io.files import write_png
from textgan.data.corpus import read_dataset
from textgan.data.dataset import make_batches
from textgan.data.sources import find_dataset

_IMAGES, _SIZE = 48, 512


class Work(NamedTuple):
    batches: tf.data.Dataset
    step: Callable[[Any], Any]
    items: int
    unit: str


def images() -> Work:
    config = srgan.Config()
    folder = Path(tempfile.mkdtemp())
    sizes = {}
    for i in range(_IMAGES):
        path = folder / f"{i}.png"
        write_png(path, dead_leaves(_SIZE, i))
        sizes[path] = (_SIZE, _SIZE)
    batches = make_training_dataset(
        sizes,
        {},
        mapping=MappingNetwork(config.scale),
        patch_size=config.patch_size,
        batch_size=config.batch_size,
        steps=config.steps_per_epoch,
        seed=1,
    )
    gan = srgan.models.build.build_gan(config)
    stage = srgan.training.stages.plan_stages(config)[0]
    gan.compile(stage.g_optimizer, stage.d_optimizer, objective=stage.objective)
    items = config.batch_size * config.steps_per_epoch
    return Work(batches, tf.function(gan.train_step), items, "patches")


def texts() -> Work:
    config = textgan.Config(epochs=0, mle_epochs=1)
    _, path = find_dataset(config.dataset, config.data_dir)
    train = read_dataset(path, config).train
    generator, vocabulary = textgan.commands.warm_start.initialize_generator(
        config, train
    )
    batches = make_batches(
        train,
        vocabulary,
        config.batch_size,
        shuffle_seed=1,
        unk_dropout=config.unk_dropout,
    )
    gan = textgan.models.build.build_gan(config, generator)
    stage = textgan.training.stages.plan_stages(config, 1)[0]
    gan.compile(
        stage.g_optimizer,
        stage.d_optimizer,
        objective=stage.objective,
        stage=stage.name,
    )
    spec = tf.TensorSpec((None, None), tf.int32)
    step = tf.function(gan.train_step, input_signature=[spec])
    return Work(batches, step, sum(map(len, train)), "words")


def epoch(work: Work) -> tuple[float, float]:
    """Returns the seconds of an epoch, and those spent waiting for batches."""
    waited = 0.0
    start = before = time.perf_counter()
    for batch in work.batches:
        waited += time.perf_counter() - before
        float(work.step(batch)["loss"])
        before = time.perf_counter()
    return time.perf_counter() - start, waited


def drain(batches: Iterable[Any]) -> float:
    """Returns the seconds of iterating over an epoch without training."""
    start = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - start


def main() -> None:
    parser = make_parser(__doc__)
    parser.set_defaults(rounds=3)
    options = parser.parse_args()
    tf_setup.set_up_inference(0)
    rows = []
    for name, make in (("srgan", images), ("textgan", texts)):
        work = make()
        epoch(work)
        produced, trained, waits = [], [], []
        for _ in range(options.rounds):
            produced.append(work.items / drain(work.batches))
            seconds, waited = epoch(work)
            trained.append(work.items / seconds)
            waits.append(100 * waited / seconds)
        rows.append(
            {
                "": name,
                "unit": work.unit,
                "pipeline alone, per second": median_and_range(produced, 0),
                "training, per second": median_and_range(trained, 0),
                "waiting, %": median_and_range(waits, 1),
            }
        )
    report("pipeline", rows, options.write)


if __name__ == "__main__":
    main()
