"""Speed-up by precision and `compile` arguments, with the default networks.

An epoch of eight steps by `fit`, against the same without the option.

python benchmarks/options.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

import srgan.models.build
import srgan.training.stages
import textgan.models.build
import textgan.training.stages
from gancore.training import tf_setup
from textgan import Generator

_STEPS, _WORDS, _LENGTH = 8, 10_000, 24


def images(**arguments: Any) -> Callable[[], object]:
    config = srgan.Config()
    gan = srgan.models.build.build_gan(config)
    stage = srgan.training.stages.plan_stages(config)[0]
    gan.compile(
        stage.g_optimizer,
        stage.d_optimizer,
        objective=stage.objective,
        **arguments,
    )
    random = np.random.default_rng(0)
    high = config.patch_size
    pair = tuple(
        random.uniform(0, 255, (config.batch_size, size, size, 3))
        for size in (high // config.scale, high)
    )
    data = tf.data.Dataset.from_tensors(
        tf.nest.map_structure(lambda x: tf.constant(x, tf.float32), pair)
    )
    return epoch_of(gan, data)


def texts(
    words: int = _WORDS, sampled_softmax: int = 0, **arguments: Any
) -> Callable[[], object]:
    config = textgan.Config(
        epochs=0,
        mle_epochs=1,
        losses=textgan.LossConfig(sampled_softmax=sampled_softmax),
    )
    sizes = (config.embedding_dim, config.units, config.dropout)
    gan = textgan.models.build.build_gan(config, Generator(words, *sizes))
    stage = textgan.training.stages.plan_stages(config, _STEPS)[0]
    gan.compile(
        stage.g_optimizer,
        stage.d_optimizer,
        objective=stage.objective,
        stage=stage.name,
        **arguments,
    )
    random = np.random.default_rng(0)
    ids = random.integers(4, words, (config.batch_size, _LENGTH))
    return epoch_of(gan, tf.data.Dataset.from_tensors(ids.astype("int32")))


def epoch_of(gan: keras.Model, data: tf.data.Dataset) -> Callable[[], object]:
    batches = data.repeat(_STEPS)
    return lambda: gan.fit(batches, verbose=0, shuffle=False)


def with_policy(
    make: Callable[..., Callable[[], object]], policy: str
) -> Callable[[], object]:
    keras.mixed_precision.set_dtype_policy(policy)
    job = make()
    job()  # traces
    keras.mixed_precision.set_dtype_policy("float32")
    return job


def main() -> None:
    parser = make_parser(__doc__)
    parser.set_defaults(rounds=5)
    options = parser.parse_args()
    tf_setup.set_up_inference(0)
    rows = []
    for name, make in (("srgan", images), ("textgan", texts)):
        seconds = time_alternately(
            {
                "default": make(),
                "--precision mixed_bfloat16": with_policy(
                    make, "mixed_bfloat16"
                ),
                "XLA (jit_compile)": make(jit_compile=True),
                "steps_per_execution=8": make(steps_per_execution=_STEPS),
            },
            options.rounds,
        )
        plain = seconds.pop("default")
        rows.append(
            {
                "times as fast as without": name,
                **{
                    option: median_and_range(ratios(plain, times))
                    for option, times in seconds.items()
                },
            }
        )
    report("options", rows, options.write)


if __name__ == "__main__":
    main()
