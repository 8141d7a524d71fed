"""Words per second with batches of like length, against texts padded to 70.

The vocabulary of the full jokes file, 22,784 words, and the lengths of the
bundled jokes; an epoch of each kind of batch.

python benchmarks/bucketing.py
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from racing import options_of, publish, race, ratios, spread

from gancore.training import tf_setup
from gancore.training.config import TrainingConfig
from textgan import GAN, Discriminator, Generator, LossConfig, Vocabulary
from textgan.data.corpus import find_dataset, load_corpus
from textgan.data.dataset import make_batches

_WORDS, _LONGEST, _BATCH = 22_784, 70, 64


def epoch(gan: GAN, batches: tf.data.Dataset) -> Callable[[], object]:
    # Signatures of any length, as `fit` traces them, so that none is compiled
    # anew.
    spec = tf.TensorSpec((None, None), tf.int32)
    step = tf.function(gan.train_step, input_signature=[spec])

    def run() -> None:
        for batch in batches:
            logs = step(batch)
        float(logs["loss"])

    return run


def main() -> None:
    options = options_of(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    _, path = find_dataset("kaggle_jokes", None)
    seed = TrainingConfig().seed
    texts = load_corpus(path, validation_fraction=0.0, seed=seed).train
    lengths = [len(text) for text in texts if len(text) <= _LONGEST]
    # Words at random, so that there are as many as in the full file.
    words = [f"w{i}" for i in range(_WORDS - 4)]
    random = np.random.default_rng(0)
    texts = [random.choice(words, length).tolist() for length in lengths]
    vocabulary = Vocabulary.build([words], _WORDS)
    alike = make_batches(texts, vocabulary, _BATCH, shuffle_seed=1)
    padded = alike.map(
        lambda ids: tf.pad(ids, [[0, 0], [0, _LONGEST + 2 - tf.shape(ids)[1]]])
    )
    gan = GAN(Generator(_WORDS, 128, 256), Discriminator(_WORDS))
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=LossConfig(),
        stage="mle",
    )
    seconds = race(
        {"alike": epoch(gan, alike), "padded": epoch(gan, padded)},
        options.rounds,
    )
    total = sum(len(text) + 1 for text in texts)
    rows = [
        {
            "words of the vocabulary": f"{_WORDS:,}",
            "batches of like length, words/s": spread(
                [total / s for s in seconds["alike"]], 0
            ),
            f"padded to {_LONGEST}, words/s": spread(
                [total / s for s in seconds["padded"]], 0
            ),
            "times as fast": spread(
                ratios(seconds["padded"], seconds["alike"])
            ),
        }
    ]
    publish("bucketing", rows, options.write)


if __name__ == "__main__":
    main()
