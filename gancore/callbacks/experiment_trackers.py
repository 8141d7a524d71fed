"""Logs each epoch's metrics to Weights & Biases and MLflow.

Their own Keras callbacks read `model.optimizer`, which a GAN does not have:
W&B's fails in the first epoch, MLflow's loses the parameters and logs each
validation as step 0. So the libraries' clients are called here.
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


def make_experiment_trackers(
    config: TrainingConfig, folder: Path
) -> list[keras.callbacks.Callback]:
    """Starts or resumes a run at each tracker that `--loggers` names.

    Args:
        config: Configuration, logged as parameters.
        folder: Folder of the run.

    Raises:
        RuntimeFailure: If a tracker cannot start.
    """
    classes: dict[str, type[ExperimentTracker]] = {
        "wandb": WandbTracker,
        "mlflow": MLflowTracker,
    }
    trackers: list[keras.callbacks.Callback] = []
    for name in dict.fromkeys(config.loggers):
        try:
            trackers.append(classes[name](config, folder))
        except Exception as error:
            raise RuntimeFailure(
                f"--loggers {name} cannot start: {printable(error)}"
            ) from error
    return trackers


class ExperimentTracker(keras.callbacks.Callback, abc.ABC):
    """Logs each epoch's metrics once to an experiment tracker.

    `<run>/<name>.json` holds the tracker's run ID and the last epoch logged,
    so that a resumed training adds to the same run. If the tracker fails, a
    warning is logged and the training continues.

    Args:
        config: Configuration, logged as parameters.
        folder: Folder of the run.

    Attributes:
        name: Name of the tracker, as in `--loggers`.
    """

    name: ClassVar[str]

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        super().__init__()
        self._path = folder / f"{self.name}.json"
        state: dict[str, Any] = {"run": "", "epoch": 0}
        if self._path.exists():
            state = json.loads(self._path.read_text(encoding="utf-8"))
        self._epoch = state["epoch"]
        self._failed = False
        self._run = self.start_run(state["run"], flat_dict(config), folder)
        self._save_state()

    @abc.abstractmethod
    def start_run(self, run: str, params: dict[str, Any], folder: Path) -> str:
        """Starts a run, or resumes the one with this ID if it is not empty.

        Returns:
            ID of the run.
        """

    @abc.abstractmethod
    def log_metrics(self, metrics: dict[str, float], epoch: int) -> None:
        """Logs an epoch's metrics; epochs count from 1."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        # An epoch that is repeated after a restart has the same metrics.
        if self._failed or epoch < self._epoch:
            return
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        metrics |= learning_rates(self.model)
        try:
            self.log_metrics(metrics, epoch + 1)
        except Exception as error:
            # A server that is unreachable must not end the training.
            self._failed = True
            logger.warning(
                f"--loggers {self.name} failed and is disabled: "
                f"{printable(error)}; log.csv has all metrics"
            )
            return
        self._epoch = epoch + 1
        self._save_state()

    def _save_state(self) -> None:
        with atomic_write(self._path) as partial:
            state = {"run": self._run, "epoch": self._epoch}
            partial.write_text(json.dumps(state) + "\n", encoding="utf-8")


class WandbTracker(ExperimentTracker):
    """Logs to Weights & Biases, by default offline into the run's folder.

    Nothing is sent unless the environment sets `WANDB_MODE=online`.
    """

    name = "wandb"

    def start_run(self, run: str, params: dict[str, Any], folder: Path) -> str:
        mode = os.environ.setdefault("WANDB_MODE", "offline")
        # Read at import.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        wandb = importlib.import_module("wandb")
        self._wandb_run = wandb.init(
            project=folder.parts[-3],
            name="/".join(folder.parts[-2:]),
            id=run or None,
            # Offline it cannot query whether the run exists, nor need it.
            resume="allow" if mode == "online" else None,
            dir=folder,
            config=params,
            settings=wandb.Settings(silent=True, console="off"),
        )
        if mode == "offline":
            logger.info(
                f"W&B logs this run to {folder / 'wandb'}; nothing is sent "
                "unless you run `wandb sync` or set WANDB_MODE=online"
            )
        return self._wandb_run.id

    def log_metrics(self, metrics: dict[str, float], epoch: int) -> None:
        self._wandb_run.log(metrics, step=epoch)


class MLflowTracker(ExperimentTracker):
    """Logs to MLflow, by default to `mlflow.db` in the folder of all runs.

    `MLFLOW_TRACKING_URI` sets another server or database.
    """

    name = "mlflow"

    def start_run(self, run: str, params: dict[str, Any], folder: Path) -> str:
        # Usage telemetry; read at import.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        mlflow = importlib.import_module("mlflow")
        self._entities = mlflow.entities
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        if not uri:
            uri = f"sqlite:///{folder.parents[2] / 'mlflow.db'}"
            logger.info(f"MLflow logs this run to {uri}")
        self._client = mlflow.MlflowClient(tracking_uri=uri)
        if run:
            return self._client.get_run(run).info.run_id
        package = folder.parts[-3]
        found = self._client.get_experiment_by_name(package)
        created = self._client.create_run(
            found.experiment_id
            if found
            else self._client.create_experiment(package),
            run_name="/".join(folder.parts[-2:]),
        )
        entries = [self._entities.Param(k, str(v)) for k, v in params.items()]
        self._client.log_batch(created.info.run_id, params=entries)
        return created.info.run_id

    def on_train_begin(self, logs: Logs = None) -> None:
        self._set_status("RUNNING")
        atexit.register(self._set_status, "FAILED")

    def on_train_end(self, logs: Logs = None) -> None:
        self._set_status("FINISHED")
        atexit.unregister(self._set_status)

    def log_metrics(self, metrics: dict[str, float], epoch: int) -> None:
        now = round(1e3 * time.time())
        entries = [
            self._entities.Metric(name, value, now, epoch)
            for name, value in metrics.items()
        ]
        self._client.log_batch(self._run, metrics=entries)

    def _set_status(self, status: str) -> None:
        if not self._failed:
            self._client.update_run(self._run, status)
