"""A training step of SRGAN against the same networks in plain PyTorch.

The networks of the paper without batch normalization in the generator: 16
blocks of 64 filters, 16 patches of 96 pixels. This project also updates its
EMA weights and metrics.

python benchmarks/srgan_step.py   (pip install -e ".[benchmark]")
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
import torch
from matrix_product import matrix_product
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from gancore.training import tf_setup
from srgan import GAN, Discriminator, Generator, LossConfig

Step = Callable[[], object]
_BATCH, _LOW, _SCALE, _BLOCKS, _FILTERS = 16, 24, 4, 16, 64
_RATE, _WEIGHT = 1e-4, 1e-3
# Filters and stride of the discriminator's convolutions.
_DISCRIMINATOR = [
    (filters, stride) for filters in (64, 128, 256, 512) for stride in (1, 2)
]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(), nn.PReLU(_FILTERS), _conv())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Upscaler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(
            nn.Conv2d(3, _FILTERS, 9, padding=4), nn.PReLU(_FILTERS)
        )
        self.body = nn.Sequential(*[Block() for _ in range(_BLOCKS)], _conv())
        ups = [
            layer
            for _ in range(2)
            for layer in (
                nn.ConvTranspose2d(_FILTERS, _FILTERS, 6, 2, 2),
                nn.PReLU(_FILTERS),
            )
        ]
        self.tail = nn.Sequential(*ups, nn.Conv2d(_FILTERS, 3, 9, padding=4))

    def forward(self, low: torch.Tensor) -> torch.Tensor:
        x = self.head(low / 127.5 - 1)
        skip = functional.interpolate(low, scale_factor=_SCALE, mode="bicubic")
        return skip + self.tail(x + self.body(x))


def make_discriminator() -> nn.Module:
    layers: list[nn.Module] = []
    width = 3
    for i, (filters, stride) in enumerate(_DISCRIMINATOR):
        layers.append(nn.Conv2d(width, filters, 3, stride, 1))
        if i:
            layers.append(nn.BatchNorm2d(filters))
        layers.append(nn.LeakyReLU(0.2))
        width = filters
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    dense = [nn.Linear(width, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, 1)]
    return nn.Sequential(*layers, *pooled, *dense)


def theirs(
    low: np.ndarray, high: np.ndarray, bits: int, adversarial: bool
) -> Callable:
    """Returns a training step in PyTorch, channels last."""
    last = {"memory_format": torch.channels_last}
    lows, highs = (
        torch.tensor(x).permute(0, 3, 1, 2).contiguous(**last)
        for x in (low, high)
    )
    upscaler, discriminator = (
        Upscaler().to(**last),
        make_discriminator().to(**last),
    )
    g_adam, d_adam = (
        torch.optim.Adam(net.parameters(), _RATE)
        for net in (upscaler, discriminator)
    )

    def step() -> None:
        g_adam.zero_grad()
        discriminator.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=bits == 16):
            fake = upscaler(lows)
            loss = (fake.float() - highs).abs().mean() / 255
            if adversarial:
                discriminator.eval()
                logits = discriminator(fake / 127.5 - 1).float()
                loss = loss + _WEIGHT * functional.softplus(-logits).mean()
        loss.backward()
        g_adam.step()
        if not adversarial:
            return
        d_adam.zero_grad()
        discriminator.requires_grad_(True)
        discriminator.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=bits == 16):
            both = torch.cat([highs, fake.detach()]) / 127.5 - 1
            real_logits, fake_logits = discriminator(both).float().chunk(2)
        loss = functional.softplus(-real_logits).mean()
        (loss + functional.softplus(fake_logits).mean()).backward()
        d_adam.step()

    return step


def ours(
    low: np.ndarray, high: np.ndarray, bits: int, adversarial: bool
) -> Callable:
    """Returns a training step of this project, as `fit` runs it."""
    policy = "mixed_bfloat16" if bits == 16 else "float32"
    keras.mixed_precision.set_dtype_policy(policy)
    generator = Generator(_SCALE, _BLOCKS, _FILTERS)
    gan = GAN(generator, Discriminator(), ema_decay=0.999)
    keras.mixed_precision.set_dtype_policy("float32")
    weight = _WEIGHT if adversarial else 0.0
    objective = LossConfig(perceptual_weight=0.0, adversarial_weight=weight)
    adam = keras.optimizers.Adam
    gan.compile(adam(_RATE), adam(_RATE), objective=objective)
    pair = (tf.constant(low), tf.constant(high))
    step = tf.function(gan.train_step)
    return lambda: [value.numpy() for value in step(pair).values()]


def main() -> None:
    options = make_parser(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    random = np.random.default_rng(0)
    low, high = (
        random.uniform(0, 255, (_BATCH, size, size, 3)).astype("float32")
        for size in (_LOW, _LOW * _SCALE)
    )
    rows = []
    for bits in (32, 16):
        product, product_work = matrix_product(
            "float32" if bits == 32 else "bfloat16"
        )
        for adversarial in (False, True):
            step = theirs(low, high, bits, adversarial)
            with FlopCounterMode(display=False) as counter:
                step()
            seconds = time_alternately(
                {
                    "ours": ours(low, high, bits, adversarial),
                    "theirs": step,
                    "product": product,
                },
                options.rounds,
            )
            work = counter.get_total_flops() / 1e9
            peak = [product_work / s for s in seconds["product"]]
            reached = [work / s for s in seconds["ours"]]
            rows.append(
                {
                    "stage": "adversarial" if adversarial else "pixel",
                    "precision": "float32" if bits == 32 else "bfloat16",
                    "times as fast as PyTorch": median_and_range(
                        ratios(seconds["theirs"], seconds["ours"])
                    ),
                    "GFLOP a step": f"{work:.0f}",
                    "GFLOP/s": median_and_range(reached, 0),
                    "share of matrix products": median_and_range(
                        ratios(reached, peak)
                    ),
                }
            )
    report("srgan_step", rows, options.write)


def _conv() -> nn.Module:
    return nn.Conv2d(_FILTERS, _FILTERS, 3, padding=1)


if __name__ == "__main__":
    main()
