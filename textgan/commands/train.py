"""The command `train`: trains a TextGAN, saves it and generates one joke."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gancore.training import tf_setup
from gancore.training.run_dir import open_run_dir
from textgan.config import Config

if TYPE_CHECKING:
    from gancore.callbacks.best_model import BestWeights
    from gancore.callbacks.collapse_monitor import CollapseMonitor
    from textgan.data.vocabulary import Vocabulary
    from textgan.inference.samplers import Sampler
    from textgan.models.gan import GAN


@tf_setup.plain_tensorflow_errors()
def run(config: Config) -> int:
    """Trains as the configuration says.

    Returns:
        0.

    Raises:
        UserError: If the data, a file or an option cannot be used.
        RuntimeFailure: If the training fails.
    """
    from textgan.data.corpus import find_dataset, read_dataset

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = read_dataset(path, config)
    strategy = tf_setup.set_up_training(config)
    # Imports of TensorFlow take seconds; errors in the data come before them.
    from gancore.callbacks.history_plot import plot_history
    from gancore.distribute.datasets import (
        distributed_data,
        validation_batch_size,
    )
    from gancore.distribute.multi_worker import join_workers
    from gancore.saving.model_io import build_metadata, save_h5, to_portable
    from gancore.training.checkpoint import TrainingCheckpoint
    from gancore.training.fit import fit_stage
    from textgan.commands import warm_start
    from textgan.data.dataset import count_batches, make_batches
    from textgan.inference.sampler_config import SamplerConfig
    from textgan.inference.text_generator import TextGenerator
    from textgan.models.build import build_gan
    from textgan.training.sample_texts import PANELS
    from textgan.training.stages import plan_stages

    config = join_workers(strategy, config, corpus.facts())
    with strategy.scope():
        generator, vocabulary = warm_start.initialize_generator(
            config, corpus.train
        )
    size = config.batch_size
    steps = count_batches(corpus.train, size)
    valid_steps = count_batches(corpus.valid, size)
    print(
        f"Dataset contains {len(corpus.train)} jokes (train set), each with a "
        f"maximum length of {corpus.longest} words and total number of "
        f"distinct words of size {len(vocabulary)}"
    )
    print("Number of batches in training set =", steps)
    print("Number of batches in validation set =", valid_steps)
    valid = None
    if corpus.valid:
        valid_size = validation_batch_size(strategy, len(corpus.valid), size)
        valid = make_batches(corpus.valid, vocabulary, valid_size)

    # === Models ===
    with strategy.scope():
        gan = build_gan(config, generator)
        stages = plan_stages(config, steps)
    folder = open_run_dir(config, "textgan", name)
    sampling = SamplerConfig(temperature=config.temperature, top_p=config.top_p)
    callbacks, best, collapse = _make_callbacks(
        config, folder, gan, vocabulary, sampling.sampler(), valid
    )
    checkpoint = TrainingCheckpoint(
        folder, gan, [best, collapse], {"data": corpus.facts()}
    )
    if config.resume:
        checkpoint.restore([stage.epochs for stage in stages])

    # === Training: likelihood, the discriminator alone, both ===
    epochs = 0
    for stage in stages:
        with strategy.scope():
            gan.compile(
                stage.g_optimizer,
                stage.d_optimizer,
                objective=stage.objective,
                stage=stage.name,
                steps=stage.steps,
            )
        train = partial(
            make_batches,
            corpus.train,
            vocabulary,
            size,
            shuffle_seed=config.seed + epochs,
            unk_dropout=config.unk_dropout,
        )
        if epochs:  # The first stage has no heading, as in the original.
            print(f"Stage: {stage.name}")
        elif config.init_from and best in callbacks and checkpoint.is_new:
            warm_start.evaluate(gan, best, strategy, valid)
        best.stage = stage.name
        data = partial(distributed_data, strategy, train, valid)
        fit_stage(gan, data, checkpoint, epochs, stage.epochs, callbacks)
        epochs += stage.epochs

    # === Results ===
    facts = {"vocabulary": vocabulary.words, "level": config.token_level}
    source = {"name": name, **corpus.facts()}

    def save(network: Any, file: str, scores: dict[str, float]) -> None:
        about = build_metadata("textgan", config, source, scores, **facts)
        save_h5(network, folder / file, about)

    if best.logs:
        print(
            f"Best {best.metric}: {best.logs[best.metric]:.4f} after epoch "
            f"{best.epoch}, stage {best.best_stage}"
        )
        best.restore()
    save(gan.ema_generator, "model.h5", best.logs or checkpoint.logs)
    if config.discriminator_epochs or config.adversarial_epochs:
        save(gan.discriminator, "discriminator.h5", checkpoint.logs)
    plot_history(folder, PANELS)
    print(f"Model saved to {folder / 'model.h5'}")
    print(f"Generating text for joke #{config.joke}")
    text_generator = TextGenerator(
        to_portable(gan.ema_generator), vocabulary, sampling.sampler()
    )
    print(text_generator.generate_one(config.joke))
    return 0


def _make_callbacks(
    config: Config,
    folder: Path,
    gan: GAN,
    vocabulary: Vocabulary,
    sampler: Sampler,
    valid: Any,
) -> tuple[list[Any], BestWeights, CollapseMonitor]:
    """Builds the callbacks that all stages share.

    Returns:
        The callbacks in order, and those two whose state a checkpoint saves.
        The best weights are tracked if there are texts to validate on.
    """
    from gancore.callbacks.best_model import BestWeights
    from gancore.callbacks.collapse_monitor import CollapseMonitor
    from gancore.callbacks.defaults import default_callbacks
    from textgan.inference.samplers import Temperature
    from textgan.inference.text_generator import TextGenerator
    from textgan.training.monitoring import MIN_DISTINCT_RATIO, distinct_ratio
    from textgan.training.sample_texts import sample_texts

    def samples_of(sampler: Sampler) -> Callable[[int], list[str]]:
        text_generator = TextGenerator(gan.ema_generator, vocabulary, sampler)
        return lambda count: text_generator.generate(count=count)

    collapse = CollapseMonitor(
        distinct_ratio(samples_of(Temperature(1.0))), MIN_DISTINCT_RATIO
    )
    samples = sample_texts(samples_of(sampler))
    leading = ("loss", "discrim_loss", "gen_loss")
    callbacks = default_callbacks(config, folder, leading, collapse, samples)
    best = BestWeights(gan.ema_generator, f"val_{config.monitor}")
    if valid is not None and config.monitor != "last":
        callbacks.append(best)
    return callbacks, best, collapse
