"""Sets up TensorFlow before the first model, and shortens its errors."""

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

# The message of a failed `tf.debugging.Assert`.
_ASSERTION = re.compile(r"assertion failed: \[([^]]*)\]")


def set_up_training(config: TrainingConfig) -> Any:
    """Sets up TensorFlow for a training and returns the strategy."""
    return set_up_inference(
        config.seed, config.precision, config.strategy, config.deterministic
    )


def set_up_inference(
    seed: int,
    precision: str = "float32",
    strategy: str = "none",
    deterministic: bool = False,
) -> Any:
    """Imports TensorFlow quietly, sets seeds and the dtype policy.

    Args:
        seed: Seeds Python, numpy and TensorFlow, below 2**32; the same seed
            gives the same run on the same CPU, and nearly so on a GPU.
        precision: Name of Keras' dtype policy.
        strategy: As for `make_strategy`.
        deterministic: Whether TensorFlow uses only deterministic operations
            on a GPU.

    Returns:
        The strategy.

    Raises:
        UserError: If `KERAS_BACKEND` is not TensorFlow.
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
    # Not muted: it may wait for other workers, and logs that.
    made = make_strategy(strategy)
    # A user's keras.json may hold other values.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.mixed_precision.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    # Each training stage retraces its step once, as intended.
    tf.get_logger().addFilter(
        lambda record: "tf.function retracing" not in record.getMessage()
    )
    if not gpus:
        logger.info(
            f"no GPU found: computing on {os.cpu_count()} CPU cores "
            "(TF_CPP_MIN_LOG_LEVEL=0 shows TensorFlow's log)"
        )
    return made


@contextmanager
def plain_tensorflow_errors() -> Iterator[None]:
    """Converts TensorFlow's runtime errors to `RuntimeFailure`."""
    try:
        yield
    except Exception as error:
        # Other errors need not wait for the import of TensorFlow.
        if not type(error).__module__.startswith("tensorflow"):
            raise
        import tensorflow as tf

        if not isinstance(error, tf.errors.OpError):
            raise
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise RuntimeFailure(
                "this training does not fit into memory; try a smaller "
                "--batch_size"
            ) from error
        if isinstance(
            error, (tf.errors.UnavailableError, tf.errors.AbortedError)
        ):
            raise RuntimeFailure(
                "another worker ended or cannot be reached; start all "
                "again, with --resume if an epoch was done"
            ) from error
        # The cause comes after the traces and before the graph nodes.
        lines = [line.strip() for line in error.message.splitlines()]
        causes = [line for line in lines if line and not line.startswith("[[")]
        reason = causes[-1]
        if check := _ASSERTION.search(reason):
            reason = check[1]
        raise RuntimeFailure(f"training stopped: {reason}") from error


@contextmanager
def quiet_import() -> Iterator[None]:
    """Mutes what TensorFlow's libraries print when they are imported.

    It is printed if the block fails or the user set `TF_CPP_MIN_LOG_LEVEL`.
    TensorFlow has to be imported inside.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with muted():
        yield


@contextmanager
def muted() -> Iterator[None]:
    """Mutes what libraries write directly to file descriptor 2.

    It is printed if the block fails, except by Ctrl-C.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 2)
        try:
            yield
        except Exception:
            output.seek(0)
            os.write(stderr, output.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
