"""Distribution strategies: one device, the GPUs of a host, several hosts."""

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
    """Builds the `tf.distribute` strategy of a training.

    Call it before TensorFlow runs any operation.

    Args:
        name: `none`, one device; `mirrored`, the GPUs of this host;
            `multi_worker`, the hosts in `TF_CONFIG` or the tasks of a SLURM
            step; `auto`, whichever of these the GPUs and `TF_CONFIG` allow.

    Raises:
        UserError: If `mirrored` has fewer than two GPUs, or `TF_CONFIG` is
            invalid.
        RuntimeFailure: If other workers cannot be reached.
    """
    devices = _devices()
    local = "mirrored" if len(devices) > 1 else "none"
    if name == "auto":
        name = "multi_worker" if _count_workers() > 1 else local
    if name == "multi_worker":
        resolver = _resolver()
        workers = resolver.cluster_spec().as_dict()["worker"]
        if len(workers) > 1:
            return _multi_worker(resolver, workers)
        logger.info("there is only one worker; it trains alone")
        name = local
    if name == "none":
        return tf.distribute.get_strategy()
    if len(devices) < 2:
        raise UserError(
            "--strategy mirrored needs two GPUs or more; TensorFlow sees "
            f"{len(tf.config.list_physical_devices('GPU'))}"
        )
    if "GPU" in devices[0]:
        return tf.distribute.MirroredStrategy(devices)
    # The only cross-device reduction that runs in a graph on CPUs.
    reduction = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, reduction)


def _multi_worker(resolver: Any, workers: list[str]) -> Strategy:
    # TensorFlow waits silently.
    logger.info(f"waiting for workers: {first_few(workers)}")
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
    except tf.errors.OpError as error:
        raise RuntimeFailure(
            f"this worker cannot reach the others: {error.message}; check "
            "that its port is free"
        ) from error
    # TensorFlow catches SIGTERM, so a scheduler could not end the process.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return strategy


def is_multi_worker(strategy: Strategy) -> bool:
    """Returns whether replicas are in several processes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def _devices() -> list[str]:
    """Lists GPUs, or logical CPUs where there is no GPU."""
    for kind in ("GPU", "CPU"):
        found = tf.config.list_physical_devices(kind)
        if kind == "CPU" and found:
            logical = tf.config.get_logical_device_configuration(found[0])
            found = logical or found
        if found:
            return [f"{kind}:{i}" for i in range(len(found))]
    return []


def _resolver() -> Any:
    """Builds the cluster resolver, from `TF_CONFIG` or from SLURM."""
    resolvers = tf.distribute.cluster_resolver
    if _count_workers():
        return resolvers.TFConfigClusterResolver()
    if "SLURM_STEP_NUM_TASKS" in os.environ:
        if tf.config.list_physical_devices("GPU"):
            return resolvers.SlurmClusterResolver()
        # It counts tasks by GPUs, so each task is given a nominal one.
        return resolvers.SlurmClusterResolver(
            gpus_per_node=int(os.environ["SLURM_STEP_NUM_TASKS"]),
            gpus_per_task=1,
            auto_set_gpu=False,
        )
    raise UserError(
        "--strategy multi_worker needs the variable TF_CONFIG, or srun"
    )


def _count_workers() -> int:
    """Counts the workers in `TF_CONFIG`, and checks that it is valid."""
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
        raise UserError(
            "TF_CONFIG may hold workers only, no chief and no parameter server"
        )
    addresses = isinstance(workers, list) and all(map(_is_address, workers))
    if not addresses or len(set(workers)) < len(workers):
        raise UserError("TF_CONFIG's workers are not distinct host:port")
    if type(index) is not int or not 0 <= index < len(workers):
        raise UserError(
            f"TF_CONFIG's task has index {index!r}, but there are "
            f"{len(workers)} workers"
        )
    return len(workers)


def _is_address(worker: Any) -> bool:
    if not isinstance(worker, str):
        return False
    host, _, port = worker.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16
