"""TextGAN's training steps against plain PyTorch: MLE, and adversarial.

An LSTM of 512 units between tied embeddings of 512, 5,000 words, 64 texts of
37; in the adversarial step 64 samples of 24 words and a relativistic
discriminator. This project also updates its EMA weights and metrics.

python benchmarks/textgan_step.py   (pip install -e ".[benchmark]")
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from matrix_product import matrix_product
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)
from torch_texts import make_step

from gancore.training import tf_setup
from textgan import GAN, Discriminator, Generator, LossConfig

_BATCH, _LENGTH, _WORDS, _WIDTH, _DROPOUT = 64, 37, 5_000, 512, 0.3
_SAMPLE_LENGTH, _DISCRIMINATOR_WIDTH = 24, 64
_RATE, _CLIP = 1e-3, 1.0


def work_of(stage: str) -> float:
    """Returns the GFLOP of a step, without the discriminator's convolutions."""
    layers = 8 * _WIDTH + _WIDTH  # LSTM gates, and projection.
    once = 2 * _BATCH * _LENGTH * _WIDTH * (layers + _WORDS)
    if stage == "adversarial":
        # Relaxed words are multiplied with the embeddings as well.
        once += 2 * _BATCH * _SAMPLE_LENGTH * _WIDTH * (layers + 2 * _WORDS)
    # Backward takes twice the work of forward.
    work = 3 * once
    if stage == "adversarial":
        # Two forward passes, one gradient of inputs and one of weights.
        work += 4 * 2 * _BATCH * _SAMPLE_LENGTH * _WORDS * _DISCRIMINATOR_WIDTH
    return work / 1e9


def ours(ids: np.ndarray, bits: int, stage: str) -> Callable[[], object]:
    """Returns a training step of this project, as `fit` runs it."""
    policy = "mixed_bfloat16" if bits == 16 else "float32"
    keras.mixed_precision.set_dtype_policy(policy)
    generator = Generator(_WORDS, _WIDTH, _WIDTH, _DROPOUT)
    gan = GAN(generator, Discriminator(_WORDS), ema_decay=0.99)
    keras.mixed_precision.set_dtype_policy("float32")
    gan.compile(
        keras.optimizers.AdamW(_RATE, global_clipnorm=_CLIP),
        keras.optimizers.Adam(_RATE, global_clipnorm=_CLIP),
        objective=LossConfig(adversarial_length=_SAMPLE_LENGTH),
        stage=stage,
    )
    texts = tf.constant(ids)
    step = tf.function(gan.train_step)
    return lambda: [value.numpy() for value in step(texts).values()]


def main() -> None:
    options = make_parser(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    random = np.random.default_rng(0)
    ids = random.integers(4, _WORDS, (_BATCH, _LENGTH + 1)).astype("int32")
    rows = []
    for bits in (32, 16):
        for stage in ("mle", "adversarial"):
            name = "float32" if bits == 32 else "bfloat16"
            sample_length = _SAMPLE_LENGTH if stage == "adversarial" else 0
            product, product_work = matrix_product(name)
            seconds = time_alternately(
                {
                    "ours": ours(ids, bits, stage),
                    "theirs": make_step(
                        ids, _WORDS, _WIDTH, bits, sample_length
                    ),
                    "product": product,
                },
                options.rounds,
            )
            peak = [product_work / s for s in seconds["product"]]
            reached = [work_of(stage) / s for s in seconds["ours"]]
            rows.append(
                {
                    "stage": stage,
                    "precision": name,
                    "times as fast as PyTorch": median_and_range(
                        ratios(seconds["theirs"], seconds["ours"])
                    ),
                    "GFLOP a step": f"{work_of(stage):.0f}",
                    "GFLOP/s": median_and_range(reached, 0),
                    "share of matrix products": median_and_range(
                        ratios(reached, peak)
                    ),
                }
            )
    report("textgan_step", rows, options.write)


if __name__ == "__main__":
    main()
