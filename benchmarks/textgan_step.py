"""A training step of TextGAN by likelihood against plain PyTorch.

An LSTM of 512 units between tied vectors of 512, 5,000 words, 64 texts of 37.
Ours keeps its average and its metrics.

python benchmarks/textgan_step.py   (pip install -e ".[benchmark]")
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
import torch
from matrix_product import matrix_product
from racing import options_of, publish, race, ratios, spread
from torch import nn
from torch.nn import functional

from adversarial import runtime
from textgan import GAN, Discriminator, Generator, Objective

_BATCH, _LENGTH, _WORDS, _WIDTH, _DROPOUT = 64, 37, 5_000, 512, 0.3
_RATE, _CLIP = 1e-3, 1.0


class Writer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(_WORDS, _WIDTH)
        self.lstm = nn.LSTM(_WIDTH, _WIDTH, batch_first=True)
        self.projection = nn.Linear(_WIDTH, _WIDTH)
        # Whole features, as SpatialDropout1D drops them.
        self.drop = nn.Dropout1d(_DROPOUT)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self._dropped(self.embedding(ids))
        x = self._dropped(self.lstm(x)[0])
        return self.projection(x) @ self.embedding.weight.T

    def _dropped(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(x.transpose(1, 2)).transpose(1, 2)


def theirs(ids: np.ndarray, bits: int) -> Callable[[], object]:
    """Gives a step in PyTorch."""
    texts = torch.tensor(ids).long()
    writer = Writer()
    adam = torch.optim.AdamW(writer.parameters(), _RATE)

    def step() -> None:
        adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bits == 16):
            logits = writer(texts[:, :-1])
        loss = functional.cross_entropy(
            logits.float().reshape(-1, _WORDS), texts[:, 1:].reshape(-1)
        )
        loss.backward()
        nn.utils.clip_grad_norm_(writer.parameters(), _CLIP)
        adam.step()

    return step


def ours(ids: np.ndarray, bits: int) -> Callable[[], object]:
    """Gives a step of this project, as `fit` runs it."""
    policy = "mixed_bfloat16" if bits == 16 else "float32"
    keras.mixed_precision.set_dtype_policy(policy)
    generator = Generator(_WORDS, _WIDTH, _WIDTH, _DROPOUT)
    gan = GAN(generator, Discriminator(_WORDS), ema_decay=0.99)
    keras.mixed_precision.set_dtype_policy("float32")
    gan.compile(
        keras.optimizers.AdamW(_RATE, global_clipnorm=_CLIP),
        keras.optimizers.Adam(_RATE),
        objective=Objective(),
        phase="likelihood",
    )
    texts = tf.constant(ids)
    step = tf.function(gan.train_step)
    return lambda: [value.numpy() for value in step(texts).values()]


def main() -> None:
    options = options_of(__doc__).parse_args()
    runtime.start(0)
    random = np.random.default_rng(0)
    ids = random.integers(4, _WORDS, (_BATCH, _LENGTH + 1)).astype("int32")
    gates, projection, logits = 8 * _WIDTH, _WIDTH, _WORDS
    # Two for each weight and word; the same again for each of two gradients.
    work = 3 * 2 * _BATCH * _LENGTH * _WIDTH * (gates + projection + logits)
    rows = []
    for bits in (32, 16):
        name = "float32" if bits == 32 else "bfloat16"
        product, product_work = matrix_product(name)
        seconds = race(
            {
                "ours": ours(ids, bits),
                "theirs": theirs(ids, bits),
                "product": product,
            },
            options.rounds,
        )
        peak = [product_work / s for s in seconds["product"]]
        reached = [work / 1e9 / s for s in seconds["ours"]]
        rows.append(
            {
                "precision": name,
                "times as fast as PyTorch": spread(
                    ratios(seconds["theirs"], seconds["ours"])
                ),
                "GFLOP a step": f"{work / 1e9:.0f}",
                "GFLOP/s": spread(reached, 0),
                "share of matrix products": spread(ratios(reached, peak)),
            }
        )
    publish("textgan_step", rows, options.write)


if __name__ == "__main__":
    main()
