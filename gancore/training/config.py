"""Options of both trainings."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.lazy import require

DATA = "data"
TRAINING = "training"
OUTPUT = "output"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Base of both configurations; `__init__` checks every option's range."""

    validation_fraction: float = option(
        0.1,
        "Fraction of the data used for validation, if the dataset has no "
        "split of its own.",
        group=DATA,
        low=0.0,
        high=0.9,
    )
    ema_decay: float = option(
        0.99,
        "Decay of the EMA of the generator's weights, which is saved; 0 "
        "disables it.",
        group=TRAINING,
        low=0.0,
        high=0.99999,
    )
    strategy: str = option(
        "auto",
        "Distribution strategy: none for one device, mirrored for the GPUs of "
        "this host, multi_worker for the hosts in TF_CONFIG (or srun's); auto "
        "chooses by what is found.",
        group=TRAINING,
        choices=("auto", "none", "mirrored", "multi_worker"),
    )
    seed: int = option(
        1,
        "Random seed of weights, data order and split.",
        group=TRAINING,
        low=0,
        high=2**32 - 1,
    )
    precision: str = option(
        "float32",
        "Dtype policy of training. Weights, losses and saved models are "
        "always float32.",
        group=TRAINING,
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    deterministic: bool = option(
        False,
        "Use only deterministic operations on a GPU, which are slower; those "
        "on a CPU always are deterministic.",
        group=TRAINING,
    )
    resume: str | None = option(
        None,
        "Folder of a run to resume with its own configuration, from where it "
        "was interrupted, or from its last epoch if it was killed.",
        group=OUTPUT,
        takes="FOLDER",
    )
    runs_dir: str = option(
        "runs",
        "Folder in which each run creates its own folder.",
        group=OUTPUT,
        takes="FOLDER",
    )
    tensorboard: bool = option(
        False,
        "Log metrics, weights and samples of each epoch for TensorBoard (the "
        "extra tensorboard) into the run's folder.",
        group=OUTPUT,
    )
    loggers: tuple[str, ...] = option(
        (),
        "Experiment trackers that log each epoch's metrics: wandb, mlflow "
        "(extras of these names); they log locally unless their environment "
        "variables are set.",
        group=OUTPUT,
        choices=("wandb", "mlflow"),
        was="track",
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def check_extras(self) -> None:
        """Checks that the packages of the chosen loggers are installed.

        Raises:
            UserError: If one is not installed.
        """
        for extra in (*(["tensorboard"] * self.tensorboard), *self.loggers):
            require(extra, extra=extra)
