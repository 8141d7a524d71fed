"""Weights & Biases and MLflow, told each epoch's numbers.

Their own callbacks for Keras ask a model for its one optimizer, which a GAN
does not have: the one of W&B ends the training at the first epoch, the one of
MLflow loses the settings and writes each validation as step 0. So the loggers
of both libraries are called here.
"""

from __future__ import annotations

import abc
import atexit
import importlib
import json
import logging
import os
import time
from pathlib import Path
from typing import Any, ClassVar

import keras

from gancore.callbacks.csv_logger import learning_rates
from gancore.callbacks.epoch_printer import Logs
from gancore.config_fields import flat_dict
from gancore.errors import RuntimeFailure, printable
from gancore.io.atomic import atomic_write
from gancore.training.config import TrainingConfig

logger = logging.getLogger(__name__)


def make_trackers(
    config: TrainingConfig, folder: Path
) -> list[keras.callbacks.Callback]:
    """Begins or goes on with a run at each tracker that `--loggers` names.

    Args:
        config: Whose settings are told.
        folder: Of the run.

    Raises:
        FailedWork: If a tracker does not begin.
    """
    kinds: dict[str, type[Tracker]] = {"wandb": WandB, "mlflow": MLflow}
    trackers: list[keras.callbacks.Callback] = []
    for name in dict.fromkeys(config.loggers):
        try:
            trackers.append(kinds[name](config, folder))
        except Exception as error:
            raise RuntimeFailure(
                f"--loggers {name} does not begin: {printable(error)}"
            ) from error
    return trackers


class Tracker(keras.callbacks.Callback, abc.ABC):
    """Tells numbers to a library, each epoch once.

    `<run>/<name>.json` remembers the tracker's run and the last epoch told,
    so that a training that goes on adds to it.

    Args:
        config: Whose settings are told.
        folder: Of the run.
    """

    name: ClassVar[str]

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        super().__init__()
        self._memory = folder / f"{self.name}.json"
        message: dict[str, Any] = {"run": "", "epoch": 0}
        if self._memory.exists():
            message = json.loads(self._memory.read_text(encoding="utf-8"))
        self._epoch = message["epoch"]
        self._lost = False
        self._run = self.begin(
            message["run"], flat_dict(config), folder
        )
        self._remember()

    @abc.abstractmethod
    def begin(self, run: str, settings: dict[str, Any], folder: Path) -> str:
        """Begins a run, or goes on with the one of this name.

        Returns:
            Its name at the tracker.
        """

    @abc.abstractmethod
    def tell(self, numbers: dict[str, float], epoch: int) -> None:
        """Tells an epoch's numbers; epochs count from 1."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        # What is done again is the same again.
        if self._lost or epoch < self._epoch:
            return
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        try:
            self.tell({**numbers, **learning_rates(self.model)}, epoch + 1)
        except Exception as error:
            # No hours of training end because a server is away.
            self._lost = True
            logger.warning(
                f"--loggers {self.name} is told no more: {printable(error)}; "
                "log.csv has all numbers"
            )
            return
        self._epoch = epoch + 1
        self._remember()

    def _remember(self) -> None:
        with atomic_write(self._memory) as partial:
            message = {"run": self._run, "epoch": self._epoch}
            partial.write_text(json.dumps(message) + "\n", encoding="utf-8")


class WandB(Tracker):
    """Tells Weights & Biases, which keeps it in the run's folder.

    Nothing is sent unless the environment says `WANDB_MODE=online`.
    """

    name = "wandb"

    def begin(self, run: str, settings: dict[str, Any], folder: Path) -> str:
        mode = os.environ.setdefault("WANDB_MODE", "offline")
        # Read when it is imported.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        wandb = importlib.import_module("wandb")
        self._logger = wandb.init(
            project=folder.parts[-3],
            name="/".join(folder.parts[-2:]),
            id=run or None,
            # Offline it cannot ask whether there is one, and need not.
            resume="allow" if mode == "online" else None,
            dir=folder,
            config=settings,
            settings=wandb.Settings(silent=True, console="off"),
        )
        if mode == "offline":
            logger.info(
                f"W&B keeps this run in {folder / 'wandb'}; nothing is sent "
                "unless you call wandb sync, or set WANDB_MODE=online"
            )
        return self._logger.id

    def tell(self, numbers: dict[str, float], epoch: int) -> None:
        self._logger.log(numbers, step=epoch)


class MLflow(Tracker):
    """Tells MLflow, which keeps it in `mlflow.db` beside all runs.

    The environment's `MLFLOW_TRACKING_URI` names another place.
    """

    name = "mlflow"

    def begin(self, run: str, settings: dict[str, Any], folder: Path) -> str:
        # Read when it is imported: reports of use.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        mlflow = importlib.import_module("mlflow")
        self._entities = mlflow.entities
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        place = os.environ.get("MLFLOW_TRACKING_URI")
        if not place:
            place = f"sqlite:///{folder.parents[2] / 'mlflow.db'}"
            logger.info(f"MLflow keeps this run in {place}")
        self._client = mlflow.MlflowClient(tracking_uri=place)
        if run:
            return self._client.get_run(run).info.run_id
        package = folder.parts[-3]
        found = self._client.get_experiment_by_name(package)
        made = self._client.create_run(
            found.experiment_id
            if found
            else self._client.create_experiment(package),
            run_name="/".join(folder.parts[-2:]),
        )
        params = [self._entities.Param(k, str(v)) for k, v in settings.items()]
        self._client.log_batch(made.info.run_id, params=params)
        return made.info.run_id

    def on_train_begin(self, logs: Logs = None) -> None:
        self._set("RUNNING")
        atexit.register(self._set, "FAILED")

    def on_train_end(self, logs: Logs = None) -> None:
        self._set("FINISHED")
        atexit.unregister(self._set)

    def tell(self, numbers: dict[str, float], epoch: int) -> None:
        now = round(1e3 * time.time())
        metrics = [
            self._entities.Metric(name, value, now, epoch)
            for name, value in numbers.items()
        ]
        self._client.log_batch(self._run, metrics=metrics)

    def _set(self, status: str) -> None:
        if not self._lost:
            self._client.update_run(self._run, status)
