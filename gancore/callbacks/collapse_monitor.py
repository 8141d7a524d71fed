"""Warns of a discriminator or a generator that has stopped playing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

logger = logging.getLogger(__name__)


# Nats; chance is 1.386, and 0.02 a certainty of 99 % about each item.
_CERTAIN = 0.02
_LONG = 3

Limits = Mapping[str, tuple[float, str]]


class CollapseMonitor(keras.callbacks.Callback):
    """Looks at the end of each adversarial epoch for the usual ways to fail.

    A discriminator whose loss stays near 0 tells real from fake whatever the generator
    does, and so teaches it nothing. A generator collapses when it gives much
    the same, whatever it is given; what that means, numbers of its results
    tell, which go into the epoch's logs. Each warning is given once in a
    stage.

    Args:
        measure: Gives numbers of what the generator makes now, or nothing if
            they are none.
        least: For some of them the least share of the first one measured that
            is well, and what less of it means.

    Reference:
        - Arjovsky and Bottou 2017, Towards principled methods for training
          generative adversarial networks, ICLR, section 2
        - [Salimans et al. 2016](https://arxiv.org/abs/1606.03498), section 3.2
    """

    def __init__(
        self, measure: Callable[[], Mapping[str, float]], least: Limits
    ) -> None:
        super().__init__()
        self.measure = measure
        self.least = least
        self._first: Mapping[str, float] = {}
        self._certain = 0
        self._message: set[str] = set()

    def get_state(self) -> dict[str, Any]:
        return {"first": dict(self._first), "certain": self._certain}

    def set_state(self, state: dict[str, Any]) -> None:
        self._first, self._certain = state["first"], state["certain"]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._message = set()
        if self.model.stage == "adversarial" and not self._first:
            self._first = self.measure()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if self.model.stage != "adversarial":
            return
        loss = float((logs or {}).get("discrim_loss", math.inf))
        self._certain = self._certain + 1 if loss < _CERTAIN else 0
        if self._certain == _LONG:
            self._tell(
                "discrim_loss",
                f"the discriminator has been certain for {_LONG} epochs (discrim_loss "
                f"{loss:.1e}) and teaches the generator nothing; try a lower "
                "--discriminator_learning_rate, or begin anew with another "
                "loss",
            )
        now = self.measure()
        if logs is not None:
            logs.update(now)
        for name, (share, meaning) in self.least.items():
            if now[name] < share * self._first[name]:
                self._tell(
                    name,
                    f"{meaning}: {name} {now[name]:.3g}, it was "
                    f"{self._first[name]:.3g} before the adversarial stage; "
                    "what was saved before may be better",
                )

    def _tell(self, name: str, sentence: str) -> None:
        if name not in self._message:
            self._message.add(name)
            logger.warning(sentence)
