"""TextGAN's training steps in plain PyTorch, for comparison."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_RATE, _CLIP = 1e-3, 1.0
_DROPOUT, _DISCRIMINATOR_DROPOUT = 0.3, 0.25
_WIDTHS, _FILTERS, _DISCRIMINATOR_WIDTH = (2, 3, 4, 5), 64, 64
_TEMPERATURE = 0.5
_PAD, _START, _END = 0, 2, 3


class Generator(nn.Module):
    """An LSTM with tied input and output embeddings."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.projection = nn.Linear(width, width)
        # Drops whole channels, as SpatialDropout1D.
        self.drop = nn.Dropout1d(_DROPOUT)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self._dropped(self.embedding(ids))
        return self._logits(self._dropped(self.lstm(x)[0]))

    def sample_relaxed(self, count: int, length: int) -> torch.Tensor:
        """Samples Gumbel-softmax words, each fed back as the next input."""
        table, lstm = self.embedding.weight, self.lstm
        forbidden = torch.zeros(len(table))
        forbidden[[_PAD, _START]] = -1e9
        pad = functional.one_hot(torch.tensor(_PAD), len(table)).float()
        hidden = cell = torch.zeros(count, lstm.hidden_size)
        vectors = table[_START].expand(count, -1)
        unfinished = torch.ones(count, 1)
        words = []
        for _ in range(length):
            hidden, cell = torch.lstm_cell(
                vectors,
                (hidden, cell),
                lstm.weight_ih_l0,
                lstm.weight_hh_l0,
                lstm.bias_ih_l0,
                lstm.bias_hh_l0,
            )
            logits = self._logits(hidden).float() + forbidden
            uniform = torch.rand_like(logits).clamp_min(1e-20)
            gumbel = -torch.log(-torch.log(uniform))
            word = torch.softmax((logits + gumbel) / _TEMPERATURE, -1)
            word = unfinished * word + (1 - unfinished) * pad
            unfinished = unfinished * (word.argmax(-1, True) != _END)
            words.append(word)
            vectors = word @ table
        return torch.stack(words, 1)

    def _logits(self, x: torch.Tensor) -> torch.Tensor:
        return self.projection(x) @ self.embedding.weight.T

    def _dropped(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(x.transpose(1, 2)).transpose(1, 2)


class Discriminator(nn.Module):
    """A CNN over n-grams of one-hot or relaxed words."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, _DISCRIMINATOR_WIDTH)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(_DISCRIMINATOR_WIDTH, _FILTERS, width, padding="same")
            for width in _WIDTHS
        )
        self.drop = nn.Dropout(_DISCRIMINATOR_DROPOUT)
        self.logit = nn.Linear(len(_WIDTHS) * _FILTERS, 1)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        hard = words.dim() == 2
        table = self.embedding.weight
        x = self.embedding(words) if hard else words @ table
        x = x.transpose(1, 2)
        pooled = [
            torch.tanh(convolution(x)).amax(-1)
            for convolution in self.convolutions
        ]
        return self.logit(self.drop(torch.cat(pooled, 1))).float()


def make_step(
    ids: np.ndarray, words: int, width: int, bits: int, adversarial_length: int
) -> Callable[[], object]:
    """Returns an MLE step, or an adversarial step of both networks.

    Args:
        ids: Texts, shape `(batch, length)`.
        words: Size of the vocabulary.
        width: Units of the LSTM, and size of the embeddings.
        bits: 16 for bfloat16 where autocast takes it.
        adversarial_length: Words of a sample; 0 for an MLE step.
    """
    texts = torch.tensor(ids).long()
    real = texts[:, 1 : adversarial_length + 1]
    generator, discriminator = (
        Generator(words, width),
        Discriminator(words),
    )
    g_adam = torch.optim.AdamW(generator.parameters(), _RATE)
    d_adam = torch.optim.Adam(discriminator.parameters(), _RATE)

    def low_precision() -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=bits == 16)

    def step() -> None:
        g_adam.zero_grad()
        with low_precision():
            logits = generator(texts[:, :-1])
        nll = functional.cross_entropy(
            logits.float().reshape(-1, words), texts[:, 1:].reshape(-1)
        )
        if not adversarial_length:
            _minimize(nll, generator, g_adam)
            return
        discriminator.eval().requires_grad_(False)
        with low_precision():
            samples = generator.sample_relaxed(len(texts), adversarial_length)
            fake, true = discriminator(samples), discriminator(real)
        adversarial = _relativistic(fake, true) / logits.shape[1]
        _minimize(nll + adversarial, generator, g_adam)
        discriminator.train().requires_grad_(True)
        d_adam.zero_grad()
        with low_precision():
            fake, true = discriminator(samples.detach()), discriminator(real)
        _minimize(_relativistic(true, fake), discriminator, d_adam)

    return step


def _relativistic(better: torch.Tensor, worse: torch.Tensor) -> torch.Tensor:
    return (
        functional.softplus(worse - better.mean()).mean()
        + functional.softplus(worse.mean() - better).mean()
    )


def _minimize(
    loss: torch.Tensor, network: nn.Module, adam: torch.optim.Optimizer
) -> None:
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
    adam.step()
