"""What must be said to TensorFlow before the first model is built."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gancore.errors import RuntimeFailure, UserError
from gancore.training.config import TrainingConfig

logger = logging.getLogger(__name__)

# How TensorFlow tells a failed check of ours.
_ASSERTION = re.compile(r"assertion failed: \[([^]]*)\]")


def set_up_training(config: TrainingConfig) -> Any:
    """Starts as the settings of a training say, and gives the strategy."""
    return set_up_inference(
        config.seed, config.precision, config.strategy, config.deterministic
    )


def set_up_inference(
    seed: int,
    precision: str = "float32",
    strategy: str = "none",
    deterministic: bool = False,
) -> Any:
    """Imports TensorFlow quietly, seeds everything and names the device.

    Args:
        seed: Seeds Python, numpy and TensorFlow, below 2**32; the same seed
            gives the same run on the same CPU, and nearly so on a GPU.
        precision: Keras' name of what networks compute in.
        strategy: As for `make_strategy`.
        deterministic: Whether operations that add in any order are refused,
            as a GPU has them.

    Returns:
        The strategy.

    Raises:
        UserError: If Keras was told to use a backend other than TensorFlow.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        raise UserError(
            f"training needs KERAS_BACKEND=tensorflow, not {backend}; "
            "the saved .h5 loads under every backend"
        )
    with quiet_import():
        import keras
        import tensorflow as tf

        from gancore.distribute.strategy import make_strategy

        gpus = tf.config.list_physical_devices("GPU")
    # Not within: it may have to wait for other workers, and says so.
    made = make_strategy(strategy)
    # What a user's keras.json says is not meant for these networks.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.mixed_precision.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    # Each stage of a training traces its step once, on purpose.
    tf.get_logger().addFilter(
        lambda record: "tf.function retracing" not in record.getMessage()
    )
    if not gpus:
        logger.info(
            f"no GPU found: computing on {os.cpu_count()} CPU cores "
            "(TF_CPP_MIN_LOG_LEVEL=0 shows what TensorFlow looked for)"
        )
    return made


@contextmanager
def plain_tensorflow_errors() -> Iterator[None]:
    """Turns what TensorFlow cannot do while training into `FailedWork`."""
    try:
        yield
    except Exception as error:
        # Whoever has not come to TensorFlow yet need not wait for it.
        if not type(error).__module__.startswith("tensorflow"):
            raise
        import tensorflow as tf

        if not isinstance(error, tf.errors.OpError):
            raise
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise RuntimeFailure(
                "the memory is too small for this training; try a smaller "
                "--batch_size"
            ) from error
        if isinstance(
            error, (tf.errors.UnavailableError, tf.errors.AbortedError)
        ):
            raise RuntimeFailure(
                "another worker has ended or cannot be reached; start all "
                "again, with --resume if an epoch was finished"
            ) from error
        # The cause stands below the traces, above the names of graph nodes.
        lines = [line.strip() for line in error.message.splitlines()]
        message = [line for line in lines if line and not line.startswith("[[")]
        reason = message[-1]
        if check := _ASSERTION.search(reason):
            reason = check[1]
        raise RuntimeFailure(f"training stopped: {reason}") from error


@contextmanager
def quiet_import() -> Iterator[None]:
    """Mutes the banner that TensorFlow's libraries write before any setting.

    It is shown after all if the start fails or the user asked for TensorFlow's
    log. TensorFlow has to be imported within.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with muted():
        yield


@contextmanager
def muted() -> Iterator[None]:
    """Mutes what libraries write straight to file descriptor 2.

    It is shown after all if the block fails, but not if a person ends it.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as banner:
        os.dup2(banner.fileno(), 2)
        try:
            yield
        except Exception:
            banner.seek(0)
            os.write(terminal, banner.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
