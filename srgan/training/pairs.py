"""Datasets of LR and HR images, as a training configuration asks for them."""

from __future__ import annotations

import logging

import tensorflow as tf

from gancore.distribute.datasets import validation_batch_size
from gancore.distribute.strategy import Strategy
from srgan.config import Config
from srgan.data.dataset import make_training_dataset, make_validation_dataset
from srgan.data.mapping_network import MappingNetwork
from srgan.data.sources import ImageDataset

logger = logging.getLogger(__name__)


def training_pairs(
    config: Config, images: ImageDataset, mapping: MappingNetwork, epoch: int
) -> tf.data.Dataset:
    """Returns an epoch of random training patches.

    Args:
        config: Sets sizes and the number of batches.
        images: The data.
        mapping: Makes the LR images.
        epoch: Epochs of the stages before, so that each stage has its own
            order, crops and augmentation.

    Returns:
        As of `make_training_dataset`.
    """
    return make_training_dataset(
        images.train,
        images.lr,
        mapping=mapping,
        patch_size=config.patch_size,
        batch_size=config.batch_size,
        steps=config.steps_per_epoch,
        seed=config.seed + epoch,
    )


def validation_pairs(
    config: Config,
    images: ImageDataset,
    mapping: MappingNetwork,
    strategy: Strategy,
) -> tf.data.Dataset:
    """Returns the centers of the validation images.

    Args:
        config: Sets sizes.
        images: The data. If the validation set is empty, training images are
            taken and a warning is logged.
        mapping: Makes the LR images.
        strategy: Its replicas share each batch.

    Returns:
        As of `make_validation_dataset`.
    """
    if not images.valid:
        logger.warning(
            "the validation set is empty: figures show training images, and "
            "no best.h5 is saved"
        )
    chosen = images.valid or images.train
    return make_validation_dataset(
        chosen,
        images.lr,
        mapping=mapping,
        size=config.validation_size,
        multiple_of=config.size_multiple,
        batch_size=validation_batch_size(
            strategy, len(chosen), config.batch_size
        ),
    )
