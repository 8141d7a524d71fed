"""Checks that workers train the same thing; only the chief writes."""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from gancore import __version__
from gancore.config_fields import flat_dict
from gancore.distribute.strategy import Strategy, is_multi_worker
from gancore.errors import UserError

logger = logging.getLogger(__name__)

Options = TypeVar("Options", bound=Any)


def join_workers(
    strategy: Strategy, config: Options, data: Mapping[str, Any]
) -> Options:
    """Checks that the replicas can train together.

    Args:
        strategy: Strategy made by `make_strategy`.
        config: Configuration of the training.
        data: Facts that identify the data, such as counts and checksums.

    Returns:
        The configuration of this worker. Only the chief prints, logs to
        experiment trackers and keeps its files: any other worker writes into
        a temporary folder, with a copy of the run it resumes.

    Raises:
        UserError: If the batch size is not divisible by the number of
            replicas, or workers differ in version, configuration or data; it
            is raised in all of them.
    """
    replicas = strategy.num_replicas_in_sync
    if config.batch_size % replicas:
        raise UserError(
            f"--batch_size {config.batch_size}, the global batch, is not a "
            f"multiple of the number of replicas, {replicas}"
        )
    if replicas > 1:
        logger.info(f"each batch is sharded over {replicas} replicas")
    if not is_multi_worker(strategy):
        return config
    local = ("runs_dir", "data_dir", "dataset", "resume")
    settings = flat_dict(config)
    _check_agreement(
        strategy,
        {
            "version": __version__,
            "config": [v for k, v in settings.items() if k not in local],
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
        # The chief may be writing or removing partial files.
        hidden = shutil.ignore_patterns(".*")
        shutil.copytree(config.resume, resume, ignore=hidden)
    return dataclasses.replace(
        config, runs_dir=folder.name, resume=resume, loggers=()
    )


def is_chief(strategy: Strategy) -> bool:
    """Returns whether this process is the one that writes files."""
    if not is_multi_worker(strategy):
        return True
    return strategy.cluster_resolver.task_id == 0


def _check_agreement(strategy: Strategy, facts: Mapping[str, Any]) -> None:
    digests = [
        int.from_bytes(hashlib.sha256(repr(fact).encode()).digest()[:7], "big")
        for fact in facts.values()
    ]
    own = strategy.run(lambda: tf.constant([digests], tf.int64))
    gathered = strategy.gather(own, axis=0).numpy()
    for name, values in zip(facts, gathered.T, strict=True):
        if len(np.unique(values)) > 1:
            raise UserError(
                f"the workers differ in {name}; start all with the same {name}"
            )
