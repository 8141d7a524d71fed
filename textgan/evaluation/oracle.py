"""SeqGAN's oracle: a random LSTM, whose texts have known likelihoods."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from gancore.errors import UserError
from gancore.io.arrays import read_arrays

# Tokens of a text, and the one before the first (SeqGAN, section 5.1).
LENGTH = 20
_START = 0
_GATES = ("i", "f", "og", "c")
_VOCABULARY_SIZE, _UNITS = 5_000, 32


@dataclasses.dataclass(frozen=True)
class Oracle:
    """An LSTM with fixed weights, which samples sequences of ids.

    Args:
        weights: Arrays by the names of SeqGAN's oracle: `embedding`, `Wo`,
            `bo`, and `W`, `U` and `b` of the gates `i`, `f`, `og` and `c`.

    Reference:
        - [Yu et al. 2017](https://arxiv.org/abs/1609.05473): SeqGAN
    """

    weights: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: Path) -> Oracle:
        """Loads the weights of an `.npz`.

        Raises:
            UserError: If it cannot be read, or an array is missing or has
                another shape.
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
                f"{path} lacks {', '.join(wrong)} of SeqGAN's oracle, or they "
                "have another shape"
            )
        return cls(weights)

    @classmethod
    def random(cls, seed: int) -> Oracle:
        """Builds one with standard normal weights, as SeqGAN does."""
        random = np.random.default_rng(seed)
        return cls(
            {name: random.normal(size=s) for name, s in _shapes().items()}
        )

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Samples texts.

        Returns:
            Ids of shape `(count, LENGTH)`.
        """
        random = np.random.default_rng(seed)
        texts = np.empty((count, LENGTH), np.int64)
        ids = np.full(count, _START)
        state = self._initial_state(count)
        for i in range(LENGTH):
            log_probs, state = self._step(ids, state)
            reached = np.cumsum(np.exp(log_probs), axis=-1)
            drawn = random.random(count)[:, None] * reached[:, -1:]
            ids = np.argmax(reached > drawn, axis=-1)
            texts[:, i] = ids
        return texts

    def nll(self, texts: np.ndarray) -> float:
        """Computes the mean negative log-likelihood of a token, in nats.

        Args:
            texts: Ids of shape `(count, LENGTH)`.
        """
        ids = np.full(len(texts), _START)
        state = self._initial_state(len(texts))
        total = 0.0
        for column in texts.T:
            log_probs, state = self._step(ids, state)
            total -= np.take_along_axis(log_probs, column[:, None], 1).mean()
            ids = column
        return float(total / texts.shape[1])

    def _initial_state(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        zeros = np.zeros((count, self.weights["bi"].shape[0]))
        return zeros, zeros

    def _step(
        self, ids: np.ndarray, state: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        w = self.weights
        x, (hidden, cell) = w["embedding"][ids], state
        i, f, o, c = (
            x @ w[f"W{gate}"] + hidden @ w[f"U{gate}"] + w[f"b{gate}"]
            for gate in _GATES
        )
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(c)
        hidden = _sigmoid(o) * np.tanh(cell)
        logits = hidden @ w["Wo"] + w["bo"]
        logits -= logits.max(axis=-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return logits, (hidden, cell)


def ids_to_texts(ids: np.ndarray) -> list[str]:
    """Converts rows of ids to texts such as `w17 w4000`, to train on."""
    return [" ".join(f"w{i}" for i in row) for row in ids]


def texts_to_ids(texts: list[str]) -> np.ndarray:
    """Converts such texts back to rows of ids, in any case."""
    return np.array([[int(word[1:]) for word in t.split()] for t in texts])


def is_oracle_word(word: str) -> bool:
    """Checks whether a word is one of the oracle's, in any case."""
    id_ = word[1:]
    return word[:1] in "wW" and id_.isdecimal() and int(id_) < _VOCABULARY_SIZE


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "embedding": (_VOCABULARY_SIZE, _UNITS)
    }
    for gate in _GATES:
        shapes |= {f"{kind}{gate}": (_UNITS, _UNITS) for kind in "WU"}
        shapes[f"b{gate}"] = (_UNITS,)
    return shapes | {
        "Wo": (_UNITS, _VOCABULARY_SIZE),
        "bo": (_VOCABULARY_SIZE,),
    }


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))
