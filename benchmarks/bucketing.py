"""Words per second with batches bucketed by length, and with padding to 70.

The vocabulary of the full jokes file, 22,784 words, and the lengths of the
bundled jokes; an epoch with each kind of batch.

python benchmarks/bucketing.py
"""

from __future__ import annotations

from collections.abc import Callable

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

from gancore.training import tf_setup
from gancore.training.config import TrainingConfig
from textgan import GAN, Discriminator, Generator, LossConfig, Vocabulary
from textgan.data.corpus import load_corpus
from textgan.data.dataset import make_batches
from textgan.data.sources import find_dataset

_WORDS, _LONGEST, _BATCH = 22_784, 70, 64


def epoch(gan: GAN, batches: tf.data.Dataset) -> Callable[[], object]:
    # A signature of any length, as `fit` traces it, to avoid retracing.
    spec = tf.TensorSpec((None, None), tf.int32)
    step = tf.function(gan.train_step, input_signature=[spec])

    def run() -> None:
        for batch in batches:
            logs = step(batch)
        float(logs["loss"])

    return run


def main() -> None:
    options = make_parser(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    _, path = find_dataset("kaggle_jokes", None)
    seed = TrainingConfig().seed
    texts = load_corpus(path, validation_fraction=0.0, seed=seed).train
    lengths = [len(text) for text in texts if len(text) <= _LONGEST]
    # Random words, to have the vocabulary size of the full file.
    words = [f"w{i}" for i in range(_WORDS - 4)]
    random = np.random.default_rng(0)
    texts = [random.choice(words, length).tolist() for length in lengths]
    vocabulary = Vocabulary.build([words], _WORDS)
    bucketed = make_batches(texts, vocabulary, _BATCH, shuffle_seed=1)
    padded = bucketed.map(
        lambda ids: tf.pad(ids, [[0, 0], [0, _LONGEST + 2 - tf.shape(ids)[1]]])
    )
    gan = GAN(Generator(_WORDS, 128, 256), Discriminator(_WORDS))
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=LossConfig(),
        stage="mle",
    )
    seconds = time_alternately(
        {"bucketed": epoch(gan, bucketed), "padded": epoch(gan, padded)},
        options.rounds,
    )
    total = sum(len(text) + 1 for text in texts)
    rows = [
        {
            "words of the vocabulary": f"{_WORDS:,}",
            "bucketed by length, words/s": median_and_range(
                [total / s for s in seconds["bucketed"]], 0
            ),
            f"padded to {_LONGEST}, words/s": median_and_range(
                [total / s for s in seconds["padded"]], 0
            ),
            "times as fast": median_and_range(
                ratios(seconds["padded"], seconds["bucketed"])
            ),
        }
    ]
    report("bucketing", rows, options.write)


if __name__ == "__main__":
    main()
