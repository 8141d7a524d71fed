#!/usr/bin/env python3
"""Trains the SRGAN on images, saves it, and shows what it upscales.

python train_srgan.py --scale 4
python train_srgan.py --scale 2 --dataset my_photos/ --preset esrgan
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

from gancore.cli.options import parse
from gancore.errors import one_line_errors
from gancore.training import tf_setup
from gancore.training.run_dir import open_run_dir, resolve_resume
from srgan.config import BEST, Config
from srgan.presets import PRESETS

logger = logging.getLogger("srgan")

LEADING = ("loss", "discrim_loss", "gen_loss", "psnr")


def main(config: Config) -> None:
    from srgan.data.sources import find_dataset, smallest_side

    # === Data ===
    name = Path(config.dataset).resolve().name
    print(f"Training on dataset {name}...", flush=True)
    images = find_dataset(
        config.dataset,
        config.data_dir,
        scale=config.scale,
        smallest=max(config.patch_size, config.least_scored),
        validation_dir=config.validation_dir,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
        skip_bad_shards=config.skip_bad_shards,
    )
    strategy = tf_setup.set_up_training(config)

    from gancore.callbacks.best_model import SaveBest
    from gancore.callbacks.collapse_monitor import CollapseMonitor
    from gancore.callbacks.defaults import default_callbacks
    from gancore.callbacks.history_plot import plot_history
    from gancore.distribute.datasets import distributed_data, validation_batch
    from gancore.distribute.multi_worker import join_workers
    from gancore.saving.model_io import build_metadata, save_h5
    from gancore.training.checkpoint import TrainingCheckpoint
    from gancore.training.fit import fit_stage
    from srgan.data.dataset import (
        make_training_dataset,
        make_validation_dataset,
    )
    from srgan.data.mapping_network import MappingNetwork
    from srgan.evaluation.evaluator import bicubic_psnr
    from srgan.models.build import build_gan
    from srgan.training.monitoring import MIN_DETAIL_RATIO, detail_ratio
    from srgan.training.previews import Previews, draw_comparison
    from srgan.training.sample_images import PANELS, sample_images
    from srgan.training.stages import plan_stages

    config = join_workers(strategy, config, images.facts())
    scale, size = config.scale, config.batch_size
    mapping = MappingNetwork(scale, blind=config.degradation == "blind")
    held_out = images.valid
    if not held_out:
        logger.warning(
            "no image is validation: the figures show training images, and "
            "there is no best.h5"
        )
    shown = make_validation_dataset(
        held_out or images.train,
        images.low,
        mapping=mapping,
        size=config.validation_size,
        step=config.size_step,
        batch_size=validation_batch(
            strategy, len(held_out or images.train), size
        ),
    )
    valid = shown if held_out else None
    print(
        f"Dataset contains {len(images.train)} images (train set), each with "
        f"a minimum size of {smallest_side(images.train.values())} pixels, "
        f"upscaled x{scale} from patches of {config.patch_size // scale} "
        f"pixels to {config.patch_size}"
    )
    print("Number of batches in training set =", config.steps_per_epoch)
    print("Number of batches in validation set =", -(-len(held_out) // size))
    if valid:
        print(f"Validation PSNR of bicubic: {bicubic_psnr(valid, scale):.4f}")

    # === Models ===
    with strategy.scope():
        gan = build_gan(config)
        stages = plan_stages(config)
    folder = open_run_dir(config, "srgan", images.name)
    data = {
        "name": images.name,
        "train": len(images.train),
        "valid": len(held_out),
    }

    def save(file: str, logs: dict[str, float], network: Any = None) -> None:
        about = build_metadata("srgan", config, data, logs, scale=scale)
        save_h5(network or gan.ema_generator, folder / file, about)

    # === Training: pixels, then the discriminator as well ===
    collapse = CollapseMonitor(detail_ratio(gan, shown), MIN_DETAIL_RATIO)
    show = sample_images(gan, shown)
    watching = default_callbacks(config, folder, LEADING, collapse, show)
    bests = []
    if valid:
        metric, keep = config.monitor, partial(save, "best.h5")
        bests.append(SaveBest(f"val_{metric}", BEST[metric], keep))
    state = TrainingCheckpoint(
        folder, gan, [*bests, collapse], {"data": images.facts()}
    )
    previews = Previews(shown, config.preview_epochs, folder / "figures")
    watching += [*bests, previews]
    if config.resume:
        state.find([stage.epochs for stage in stages])
    epochs = 0
    for stage in stages:
        print(f"Stage: {stage.name}")
        with strategy.scope():
            gan.compile(
                stage.g_optimizer, stage.d_optimizer, objective=stage.objective
            )
        train = partial(
            make_training_dataset,
            images.train,
            images.low,
            mapping=mapping,
            patch_size=config.patch_size,
            batch_size=size,
            steps=config.steps_per_epoch,
            seed=config.seed + epochs,
        )
        batches = partial(distributed_data, strategy, train, valid)
        fit_stage(gan, batches, state, epochs, stage.epochs, watching)
        epochs += stage.epochs
        last = stage is stages[-1]
        if epochs > state.begun_at:  # Else what is gone on with is later.
            save("model.h5" if last else f"{stage.name}.h5", state.logs)

    # === Results ===
    if stages[-1].objective.adversarial:
        save("discriminator.h5", state.logs, gan.discriminator)
    print(f"Model saved to {folder / 'model.h5'}")
    figure = folder / "figures" / "comparison.png"
    draw_comparison(gan, shown, scale, figure)
    plot_history(folder, PANELS)
    print(f"Comparison saved to {figure}")


if __name__ == "__main__":
    with one_line_errors("train_srgan.py"), tf_setup.plain_tensorflow_errors():
        about = __doc__.splitlines()[0]
        main(parse(Config, about, presets=PRESETS, settle=resolve_resume))
