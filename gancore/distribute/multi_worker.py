"""What processes that train together have to agree on, and who writes."""

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
from gancore.distribute.strategy import Strategy, of_several_hosts
from gancore.errors import UserError

logger = logging.getLogger(__name__)

Options = TypeVar("Options", bound=Any)


def join_workers(
    strategy: Strategy, config: Options, data: Mapping[str, Any]
) -> Options:
    """Sees that the replicas can train together.

    Args:
        strategy: What `make_strategy` gives.
        config: Of the training.
        data: Facts that tell other data apart.

    Returns:
        The configuration. Only the chief prints, tells trackers and keeps
        what it writes: another worker gets a folder that is removed at the
        end, with a copy of the run it goes on with.

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
        logger.info(f"{replicas} replicas share each batch")
    if not of_several_hosts(strategy):
        return config
    places = ("runs_dir", "data_dir", "dataset", "resume")
    settings = flat_dict(config)
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
        # What the chief may be about to write or remove is of no use.
        hidden = shutil.ignore_patterns(".*")
        shutil.copytree(config.resume, resume, ignore=hidden)
    return dataclasses.replace(
        config, runs_dir=folder.name, resume=resume, loggers=()
    )


def is_chief(strategy: Strategy) -> bool:
    """Tells whether this process is the one that writes."""
    if not of_several_hosts(strategy):
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
            raise UserError(f"the workers have not the same {name}")
