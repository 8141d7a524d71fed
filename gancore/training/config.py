"""The options that every training has, whatever it learns."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.lazy import require

DATA = "data"
TRAINING = "training"
OUTPUT = "output"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Base of both configurations; every option's range is checked when made."""

    validation_fraction: float = option(
        0.1,
        "Share validation where the data have no split of their own.",
        group=DATA,
        low=0.0,
        high=0.9,
    )
    ema_decay: float = option(
        0.99,
        "Decay of the averaged generator that is saved; 0 for none.",
        group=TRAINING,
        low=0.0,
        high=0.99999,
    )
    strategy: str = option(
        "auto",
        "Where training runs: one device, the GPUs of this host, the hosts of "
        "TF_CONFIG (or srun's), or what there is of these.",
        group=TRAINING,
        choices=("auto", "none", "mirrored", "multi_worker"),
    )
    seed: int = option(
        1,
        "Seeds weights, data order and split.",
        group=TRAINING,
        low=0,
        high=2**32 - 1,
    )
    precision: str = option(
        "float32",
        "What networks compute in while they train. Weights, losses and what "
        "is saved are float32 always.",
        group=TRAINING,
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    deterministic: bool = option(
        False,
        "On a GPU, take only operations that give the same bits each time; "
        "slower. On a processor they do anyway.",
        group=TRAINING,
    )
    resume: str | None = option(
        None,
        "Folder of a run to go on with, from where it was stopped, or the end "
        "of its last whole epoch if it was killed, and with its settings.",
        group=OUTPUT,
        takes="FOLDER",
    )
    runs_dir: str = option(
        "runs",
        "Folder in which each run makes its own.",
        group=OUTPUT,
        takes="FOLDER",
    )
    tensorboard: bool = option(
        False,
        "Write numbers, weights and samples of each epoch for TensorBoard "
        "(the extra tensorboard), into the run's folder.",
        group=OUTPUT,
    )
    loggers: tuple[str, ...] = option(
        (),
        "Tell each epoch's numbers to wandb or mlflow or both, too (extras of "
        "these names); both keep them here unless told otherwise.",
        group=OUTPUT,
        choices=("wandb", "mlflow"),
        was="track",
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def check_extras(self) -> None:
        """Sees that the packages are there that watch the training.

        Raises:
            UserError: If one is not installed.
        """
        for extra in (*(["tensorboard"] * self.tensorboard), *self.loggers):
            require(extra, extra=extra)
