"""The command `train`: trains an SRGAN on images and saves it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from gancore.training import tf_setup
from gancore.training.run_dir import open_run_dir
from srgan.config import HIGHER_IS_BETTER, Config


@tf_setup.plain_tensorflow_errors()
def run(config: Config) -> int:
    """Trains, saves the models, draws the figures, and returns 0."""
    from srgan.data.sources import find_dataset, smallest_side

    # === Data ===
    name = Path(config.dataset).resolve().name
    print(f"Training on dataset {name}...", flush=True)
    images = find_dataset(
        config.dataset,
        config.data_dir,
        scale=config.scale,
        min_size=max(config.patch_size, config.min_validation_size),
        validation_dir=config.validation_dir,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
        skip_bad_shards=config.skip_bad_shards,
    )
    strategy = tf_setup.set_up_training(config)
    # TensorFlow takes seconds to import: errors in flags and data come first.
    from gancore.callbacks.best_model import SaveBest
    from gancore.callbacks.collapse_monitor import CollapseMonitor
    from gancore.callbacks.defaults import default_callbacks
    from gancore.callbacks.history_plot import plot_history
    from gancore.distribute.datasets import distributed_data
    from gancore.distribute.multi_worker import join_workers
    from gancore.saving.model_io import build_metadata, save_h5
    from gancore.training.checkpoint import TrainingCheckpoint
    from gancore.training.fit import fit_stage
    from srgan.data.mapping_network import MappingNetwork
    from srgan.evaluation.evaluator import bicubic_psnr
    from srgan.inference.load import load
    from srgan.models.build import build_gan
    from srgan.training.monitoring import MIN_DETAIL_RATIO, detail_ratio
    from srgan.training.pairs import training_pairs, validation_pairs
    from srgan.training.previews import Previews, draw_comparison
    from srgan.training.sample_images import PANELS, sample_images
    from srgan.training.stages import plan_stages

    config = join_workers(strategy, config, images.facts())
    scale, sizes = config.scale, (len(images.train), len(images.valid))
    mapping = MappingNetwork(scale, config.degradation)
    shown = validation_pairs(config, images, mapping, strategy)
    valid = shown if images.valid else None
    print(
        f"Dataset contains {sizes[0]} images (train set), each with "
        f"a minimum size of {smallest_side(images.train.values())} pixels, "
        f"upscaled x{scale} from patches of {config.patch_size // scale} "
        f"pixels to {config.patch_size}"
    )
    print("Number of batches in training set =", config.steps_per_epoch)
    valid_steps = -(-sizes[1] // config.batch_size)
    print("Number of batches in validation set =", valid_steps)
    if valid:
        print(f"Validation PSNR of bicubic: {bicubic_psnr(valid, mapping):.4f}")

    # === Models ===
    with strategy.scope():
        gan = build_gan(config, load, mapping=mapping)
        stages = plan_stages(config)
    folder = open_run_dir(config, "srgan", images.name)
    data = {"name": images.name, "train": sizes[0], "valid": sizes[1]}

    def save(file: str, logs: dict[str, float], network: Any = None) -> None:
        about = build_metadata("srgan", config, data, logs, scale=scale)
        save_h5(network or gan.ema_generator, folder / file, about)

    # === Training: the pixel stage, then the adversarial stage ===
    collapse = CollapseMonitor(detail_ratio(gan, shown), MIN_DETAIL_RATIO)
    samples = sample_images(gan, shown)
    leading = ("loss", "discrim_loss", "gen_loss", "psnr")
    callbacks = default_callbacks(config, folder, leading, collapse, samples)
    best = []
    if valid:
        metric, higher = config.monitor, HIGHER_IS_BETTER[config.monitor]
        best = [SaveBest(f"val_{metric}", higher, partial(save, "best.h5"))]
    checkpoint = TrainingCheckpoint(
        folder, gan, [*best, collapse], {"data": images.facts()}
    )
    callbacks += best
    callbacks.append(Previews(shown, config.preview_epochs, folder / "figures"))
    if config.resume:
        checkpoint.restore([stage.epochs for stage in stages])
    epochs = 0
    for stage in stages:
        print(f"Stage: {stage.name}")
        with strategy.scope():
            gan.compile(
                stage.g_optimizer, stage.d_optimizer, objective=stage.objective
            )
        train = partial(training_pairs, config, images, mapping, epochs)
        batches = partial(distributed_data, strategy, train, valid)
        fit_stage(gan, batches, checkpoint, epochs, stage.epochs, callbacks)
        epochs += stage.epochs
        file = "model.h5" if stage is stages[-1] else f"{stage.name}.h5"
        if epochs > checkpoint.stage_start:  # Otherwise it holds a later model.
            save(file, checkpoint.logs)

    # === Results ===
    if stages[-1].objective.adversarial:
        save("discriminator.h5", checkpoint.logs, gan.discriminator)
    print(f"Model saved to {folder / 'model.h5'}")
    figure = folder / "figures" / "comparison.png"
    draw_comparison(gan, shown, figure)
    plot_history(folder, PANELS)
    print(f"Comparison saved to {figure}")
    return 0
