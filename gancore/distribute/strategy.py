"""Where a training runs: one device, the GPUs of a host, several hosts."""

from __future__ import annotations

import json
import logging
import os
import signal
from typing import Any, TypeAlias

import tensorflow as tf

from gancore.errors import RuntimeFailure, UserError, first_few

logger = logging.getLogger(__name__)

Strategy: TypeAlias = Any  # tf.distribute.Strategy, which carries no types


def make_strategy(name: str) -> Strategy:
    """Makes the strategy by which replicas step together.

    It has to be made before TensorFlow computes anything.

    Args:
        name: `none`; `mirrored`, the GPUs of this host; `multi_worker`, the
            hosts that `TF_CONFIG` names or the tasks of a SLURM step; `auto`,
            what there is of GPUs and of `TF_CONFIG`.

    Raises:
        UserError: If there is no second GPU, or `TF_CONFIG` is no good.
        FailedWork: If other workers cannot be met.
    """
    devices = _devices()
    here = "mirrored" if len(devices) > 1 else "none"
    if name == "auto":
        name = "multi_worker" if _workers() > 1 else here
    if name == "multi_worker":
        resolver = _resolver()
        workers = resolver.cluster_spec().as_dict()["worker"]
        if len(workers) > 1:
            return _together(resolver, workers)
        logger.info("there is one worker, which trains alone")
        name = here
    if name == "none":
        return tf.distribute.get_strategy()
    if len(devices) < 2:
        raise UserError(
            "--strategy mirrored takes two GPUs or more; TensorFlow sees "
            f"{len(tf.config.list_physical_devices('GPU'))}"
        )
    if "GPU" in devices[0]:
        return tf.distribute.MirroredStrategy(devices)
    # Of processors only the plainest way adds up in a graph.
    reduction = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, reduction)


def _together(resolver: Any, workers: list[str]) -> Strategy:
    # TensorFlow waits without a word.
    logger.info(f"waiting for workers: {first_few(workers)}")
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
    except tf.errors.OpError as error:
        raise RuntimeFailure(
            f"this worker cannot meet the others: {error.message}; see that "
            "its port is free"
        ) from error
    # TensorFlow would hear that a scheduler wants its machine back, and go on.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return strategy


def of_several_hosts(strategy: Strategy) -> bool:
    """Tells whether replicas are in several processes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def _devices() -> list[str]:
    """Names GPUs, or processors where they were split into several."""
    for kind in ("GPU", "CPU"):
        found = tf.config.list_physical_devices(kind)
        if kind == "CPU" and found:
            split = tf.config.get_logical_device_configuration(found[0])
            found = split or found
        if found:
            return [f"{kind}:{i}" for i in range(len(found))]
    return []


def _resolver() -> Any:
    """Finds the other workers, and which of them this process is."""
    resolvers = tf.distribute.cluster_resolver
    if _workers():
        return resolvers.TFConfigClusterResolver()
    if "SLURM_STEP_NUM_TASKS" in os.environ:
        if tf.config.list_physical_devices("GPU"):
            return resolvers.SlurmClusterResolver()
        # It counts tasks by GPUs, so each gets one that nobody looks for.
        return resolvers.SlurmClusterResolver(
            gpus_per_node=int(os.environ["SLURM_STEP_NUM_TASKS"]),
            gpus_per_task=1,
            auto_set_gpu=False,
        )
    raise UserError("--strategy multi_worker takes TF_CONFIG, or srun")


def _workers() -> int:
    """Counts the workers of `TF_CONFIG` and looks whether it makes sense."""
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return 0
    try:
        given = json.loads(text)
        cluster, task = given["cluster"], given["task"]
        workers, index = cluster["worker"], task["index"]
        kind = task["type"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            'TF_CONFIG is not {"cluster": {"worker": ["host:port", ...]}, '
            f'"task": {{"type": "worker", "index": 0}}}}: {error!r}'
        ) from error
    if set(cluster) != {"worker"} or kind != "worker":
        raise UserError("TF_CONFIG may name workers only, no chief and no ps")
    addresses = isinstance(workers, list) and all(map(_is_address, workers))
    if not addresses or len(set(workers)) < len(workers):
        raise UserError("TF_CONFIG's workers are not different host:port")
    if type(index) is not int or not 0 <= index < len(workers):
        raise UserError(
            f"TF_CONFIG's task has index {index!r} of {len(workers)} workers"
        )
    return len(workers)


def _is_address(worker: Any) -> bool:
    if not isinstance(worker, str):
        return False
    host, _, port = worker.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16
