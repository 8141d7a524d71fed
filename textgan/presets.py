"""Presets: changes to the default options of `Config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The benchmark of 10,000 captions: a network that is large for the data, and
# much dropout against overfitting. All captions are training data, as in the
# protocol; the number of epochs was chosen on a validation set of a tenth.
_CAPTIONS: Mapping[str, Any] = {
    "embedding_dim": 256,
    "units": 512,
    "dropout": 0.6,
    "learning_rate": 3e-3,
    "weight_decay": 0.1,
    "clip_norm": 1.0,
    "validation_fraction": 0.0,
    "monitor": "last",
    "epochs": 0,
    "mle_epochs": 13,
    "discriminator_epochs": 0,
    "adversarial_epochs": 0,
}

# The first is the default, for a CPU: the defaults of `Config`.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "compact": {},
    # The same networks in separate stages.
    "stages": {
        "epochs": 0,
        "mle_epochs": 12,
        "discriminator_epochs": 1,
        "adversarial_epochs": 2,
        "learning_rate": 1e-2,
        "adversarial_weight": 1.0,
    },
    "captions": _CAPTIONS,
    # Warm-started from a model of that preset by --init_from: feature matching
    # with a weight comparable to the some 40 nats of the MLE term, and small
    # learning rates, because results vary from epoch to epoch with larger ones.
    "captions-gan": {
        **_CAPTIONS,
        "mle_epochs": 0,
        "discriminator_epochs": 2,
        "adversarial_epochs": 1,
        "adversarial_loss": "feature_matching",
        "adversarial_weight": 20.0,
        "adversarial_learning_rate": 5e-5,
        "discriminator_learning_rate": 3e-4,
    },
    # Zhang et al. 2017, section 4, and the authors' code for what the paper
    # omits: kernel sizes, the soft-argmax, loss weights and learning rates.
    "paper": {
        "adversarial_loss": "feature_matching",
        "adversarial_weight": 1.0,
        "latent_dim": 900,
        "embedding_dim": 300,
        "units": 500,
        "dropout": 0.0,
        "discriminator_embedding_dim": 300,
        "discriminator_kernel_sizes": (3, 4, 5),
        "discriminator_filters": 300,
        "batch_size": 256,
        "adversarial_length": 60,
        "soft_argmax_beta": 1_000.0,
        "mmd_weight": 0.001,
        "latent_weight": 0.001,
        "mle_weight": 0.0,
        "epochs": 0,
        "mle_epochs": 10,
        "discriminator_epochs": 2,
        "adversarial_epochs": 50,
        "learning_rate": 1e-3,
        "adversarial_learning_rate": 5e-5,
        "discriminator_learning_rate": 1e-4,
        "ema_decay": 0.0,
        "monitor": "last",
    },
}
