"""Detects discriminator saturation and mode collapse."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

logger = logging.getLogger(__name__)

# In nats; chance is 1.386, and 0.02 is 99 % confidence about each example.
SATURATED_LOSS = 0.02
SATURATED_EPOCHS = 3

MinRatios = Mapping[str, tuple[float, str]]


class CollapseMonitor(keras.callbacks.Callback):
    """Warns of the usual failures of a GAN, after each adversarial epoch.

    A discriminator whose loss stays near 0 is saturated: its gradient teaches
    the generator nothing. A generator has collapsed when its samples are much
    alike; this is measured by metrics of samples, which are added to the
    epoch's logs. Each warning is logged once a stage.

    Args:
        measure: Returns metrics of samples of the current generator.
        min_ratios: Metric -> the lowest healthy ratio to its value before the
            adversarial stage, and the failure that a lower one indicates.

    Reference:
        - Arjovsky and Bottou 2017, Towards principled methods for training
          generative adversarial networks, ICLR, section 2
        - [Salimans et al. 2016](https://arxiv.org/abs/1606.03498), section 3.2
    """

    def __init__(
        self, measure: Callable[[], Mapping[str, float]], min_ratios: MinRatios
    ) -> None:
        super().__init__()
        self.measure = measure
        self.min_ratios = min_ratios
        self._initial: Mapping[str, float] = {}
        self._saturated_epochs = 0
        self._warned: set[str] = set()

    def get_state(self) -> dict[str, Any]:
        return {
            "initial": dict(self._initial),
            "saturated_epochs": self._saturated_epochs,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self._initial = state["initial"]
        self._saturated_epochs = state["saturated_epochs"]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._warned = set()
        if self.model.stage == "adversarial" and not self._initial:
            self._initial = self.measure()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if self.model.stage != "adversarial":
            return
        loss = float((logs or {}).get("discrim_loss", math.inf))
        saturated = loss < SATURATED_LOSS
        self._saturated_epochs = self._saturated_epochs + 1 if saturated else 0
        if self._saturated_epochs == SATURATED_EPOCHS:
            self._warn(
                "discrim_loss",
                f"the discriminator has been saturated for {SATURATED_EPOCHS} "
                f"epochs (discrim_loss {loss:.1e}), so the generator learns "
                "nothing from it; start a new run with a lower learning rate "
                "of the discriminator or another --adversarial_loss",
            )
        metrics = self.measure()
        if logs is not None:
            logs.update(metrics)
        for name, (ratio, failure) in self.min_ratios.items():
            if metrics[name] < ratio * self._initial[name]:
                self._warn(
                    name,
                    f"{failure}: {name} is {metrics[name]:.3g}, it was "
                    f"{self._initial[name]:.3g} before the adversarial stage; "
                    "an earlier model may be better",
                )

    def _warn(self, metric: str, message: str) -> None:
        if metric not in self._warned:
            self._warned.add(metric)
            logger.warning(message)
