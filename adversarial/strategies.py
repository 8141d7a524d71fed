"""Where a training runs: one device, the GPUs of a host, several hosts."""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np
import tensorflow as tf

from adversarial import __version__
from adversarial.messages import UserError, note

Options = TypeVar("Options", bound=Any)
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
    """
    devices = _devices()
    if name == "auto":
        several = "mirrored" if len(devices) > 1 else "none"
        name = "multi_worker" if _workers() > 1 else several
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy(_resolver())
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


def is_chief(strategy: Strategy) -> bool:
    """Tells whether this process is the one that writes."""
    if not _of_several(strategy):
        return True
    return strategy.cluster_resolver.task_id == 0


def join(
    strategy: Strategy, config: Options, data: Mapping[str, Any]
) -> Options:
    """Sees that the replicas can train together.

    Args:
        strategy: What `make_strategy` gives.
        config: Of the training.
        data: Facts that tell other data apart.

    Returns:
        The configuration. Only the chief prints and keeps what it writes:
        another worker gets a folder that is removed at the end, with a copy
        of the run it goes on with.

    Raises:
        UserError: If the batch cannot be shared evenly, or a worker has
            another version, configuration or other data; all raise it.
    """
    replicas = strategy.num_replicas_in_sync
    if config.batch_size % replicas:
        raise UserError(
            f"--batch_size {config.batch_size}, of all replicas together, is "
            f"no multiple of their number, {replicas}"
        )
    if replicas > 1:
        note(f"{replicas} replicas share each batch")
    if not _of_several(strategy):
        return config
    places = ("runs_dir", "data_dir", "dataset", "resume")
    settings = dataclasses.asdict(config)
    _check_agreement(
        strategy,
        {
            "version": __version__,
            "settings": [v for k, v in settings.items() if k not in places],
            "data": data,
        },
    )
    if is_chief(strategy):
        return config
    folder = tempfile.TemporaryDirectory(prefix="worker-")
    atexit.register(folder.cleanup)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    resume = config.resume
    if resume:
        resume = os.path.join(folder.name, "resumed")
        shutil.copytree(config.resume, resume)
    return dataclasses.replace(config, runs_dir=folder.name, resume=resume)


def shared_data(
    strategy: Strategy,
    train: tf.data.Dataset,
    valid: tf.data.Dataset | None,
    done: int = 0,
) -> dict[str, Any]:
    """Gives each replica its share of each batch, in order.

    Args:
        strategy: What `make_strategy` gives.
        train: An epoch's batches of all replicas together, the same in each
            process, whose number is known. It may be in another order each
            time it is read; with the same seeds it is the same order for any
            number of replicas.
        valid: Batches to validate on, if there are any.
        done: Epochs whose batches are passed over.

    Returns:
        What `fit` takes of data and numbers of steps.
    """
    # One reading that goes on from epoch to epoch: what is read ahead is then
    # never lost, and no order hangs on how much it was.
    steps = int(train.cardinality())
    batches = train.repeat().skip(done * steps)
    data: dict[str, Any] = {"x": batches, "steps_per_epoch": steps}
    if strategy.num_replicas_in_sync == 1:
        return {**data, "validation_data": valid}
    data["x"] = _shares(strategy, batches)
    if valid is not None:
        # Keras would take the shares for steps.
        data["validation_steps"] = int(valid.cardinality())
        data["validation_data"] = _shares(strategy, valid.repeat())
    return data


def validation_batch(strategy: Strategy, count: int, batch_size: int) -> int:
    """Gives the largest batch whose last one is enough for all replicas.

    Args:
        strategy: What `make_strategy` gives.
        count: Items to validate on.
        batch_size: Most of them in a batch.
    """
    replicas = strategy.num_replicas_in_sync
    sizes = range(batch_size, replicas - 1, -1)
    fit = (size for size in sizes if not 0 < count % size < replicas)
    return next(fit, batch_size)


def _shares(strategy: Strategy, dataset: tf.data.Dataset) -> Any:
    replicas = strategy.num_replicas_in_sync

    def own(context: tf.distribute.InputContext) -> tf.data.Dataset:
        here = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def shares(*batch: Any) -> tf.data.Dataset:
            numbers = tf.data.Dataset.range(first, first + here)
            return numbers.map(lambda replica: _share(batch, replica, replicas))

        return dataset.flat_map(shares).prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(own)


def _check_agreement(strategy: Strategy, facts: Mapping[str, Any]) -> None:
    digests = [
        int.from_bytes(hashlib.sha256(repr(fact).encode()).digest()[:7], "big")
        for fact in facts.values()
    ]
    own = strategy.run(lambda: tf.constant([digests], tf.int64))
    gathered = strategy.gather(own, axis=0).numpy()
    for name, values in zip(facts, gathered.T, strict=True):
        if len(np.unique(values)) > 1:
            raise UserError(f"the workers have not the same {name}")


def _share(batch: tuple, replica: tf.Tensor, replicas: int) -> Any:
    def rows(values: tf.Tensor) -> tf.Tensor:
        count = tf.shape(values, tf.int64)[0]
        first = replica * count // replicas
        last = (replica + 1) * count // replicas
        # Of fewer rows than replicas some are read twice: convolutions fail
        # on none.
        return values[first : tf.maximum(last, first + 1)]

    parts = tf.nest.map_structure(rows, batch)
    return parts if len(parts) > 1 else parts[0]


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


def _of_several(strategy: Strategy) -> bool:
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


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
    addresses = isinstance(workers, list) and all(
        isinstance(w, str) and w.rpartition(":")[2].isdigit() for w in workers
    )
    if not addresses or len(set(workers)) < len(workers):
        raise UserError("TF_CONFIG's workers are not different host:port")
    if type(index) is not int or not 0 <= index < len(workers):
        raise UserError(
            f"TF_CONFIG's task has index {index!r} of {len(workers)} workers"
        )
    return len(workers)
