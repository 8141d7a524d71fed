"""A language whose every probability is known: texts of a random LSTM."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from gancore.errors import UserError
from gancore.io.arrays import read_arrays

# Words of a text, and the word before the first (SeqGAN, section 5.1).
LENGTH = 20
_START = 0
_GATES = ("i", "f", "og", "c")
_SIZE, _WIDTH = 5_000, 32


@dataclasses.dataclass(frozen=True)
class Oracle:
    """An LSTM with fixed weights, which writes words of numbers.

    Args:
        weights: Arrays by the names of SeqGAN's oracle: `embedding`, `Wo` and
            `bo`, and `W`, `U` and `b` of the gates `i`, `f`, `og` and `c`.

    Reference:
        - [Yu et al. 2017](https://arxiv.org/abs/1609.05473): SeqGAN
    """

    weights: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: Path) -> Oracle:
        """Reads an `.npz` of weights.

        Raises:
            UserError: If it cannot be read or lacks an array.
        """
        try:
            weights = read_arrays(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UserError(
                f"cannot read {path} as an .npz: {error}"
            ) from error
        wrong = sorted(
            name
            for name, shape in _shapes().items()
            if name not in weights or weights[name].shape != shape
        )
        if wrong:
            raise UserError(
                f"{path} lacks {', '.join(wrong)} of SeqGAN's oracle, or has "
                "them of another shape"
            )
        return cls(weights)

    @classmethod
    def draw(cls, seed: int) -> Oracle:
        """Draws one, all weights standard normal as SeqGAN's are."""
        random = np.random.default_rng(seed)
        return cls(
            {name: random.normal(size=s) for name, s in _shapes().items()}
        )

    def write(self, count: int, seed: int) -> np.ndarray:
        """Writes texts.

        Returns:
            Numbers of words, shape `(count, LENGTH)`.
        """
        random = np.random.default_rng(seed)
        texts = np.empty((count, LENGTH), np.int64)
        words = np.full(count, _START)
        state = self._rest(count)
        for i in range(LENGTH):
            logs, state = self._step(words, state)
            reached = np.cumsum(np.exp(logs), axis=-1)
            drawn = random.random(count)[:, None] * reached[:, -1:]
            words = np.argmax(reached > drawn, axis=-1)
            texts[:, i] = words
        return texts

    def nll(self, texts: np.ndarray) -> float:
        """Gives the mean negative log-likelihood of a word, in nats.

        Args:
            texts: Numbers of words, shape `(count, LENGTH)`.
        """
        words = np.full(len(texts), _START)
        state = self._rest(len(texts))
        total = 0.0
        for column in texts.T:
            logs, state = self._step(words, state)
            total -= np.take_along_axis(logs, column[:, None], 1).mean()
            words = column
        return float(total / texts.shape[1])

    def _rest(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        zeros = np.zeros((count, self.weights["bi"].shape[0]))
        return zeros, zeros

    def _step(
        self, words: np.ndarray, state: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        w = self.weights
        x, (hidden, cell) = w["embedding"][words], state
        i, f, o, c = (
            x @ w[f"W{gate}"] + hidden @ w[f"U{gate}"] + w[f"b{gate}"]
            for gate in _GATES
        )
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(c)
        hidden = _sigmoid(o) * np.tanh(cell)
        logits = hidden @ w["Wo"] + w["bo"]
        logits -= logits.max(axis=-1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return logs, (hidden, cell)


def spell(texts: np.ndarray) -> list[str]:
    """Gives texts as a training reads them: `w17 w4000 ...`."""
    return [" ".join(f"w{number}" for number in text) for text in texts]


def is_word(word: str) -> bool:
    """Tells whether a word is one of an oracle's, in any case."""
    number = word[1:]
    return word[:1] in "wW" and number.isdecimal() and int(number) < _SIZE


def read_numbers(texts: list[str]) -> np.ndarray:
    """Takes texts that `spell` gave for numbers again, in any case."""
    return np.array([[int(word[1:]) for word in t.split()] for t in texts])


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"embedding": (_SIZE, _WIDTH)}
    for gate in _GATES:
        shapes |= {f"{kind}{gate}": (_WIDTH, _WIDTH) for kind in "WU"}
        shapes[f"b{gate}"] = (_WIDTH,)
    return shapes | {"Wo": (_WIDTH, _SIZE), "bo": (_SIZE,)}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))
