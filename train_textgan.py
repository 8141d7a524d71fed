#!/usr/bin/env python3
"""Trains the TextGAN on jokes, saves it, and tells one.

python train_textgan.py --batch_size=64 --dataset=kaggle_jokes
python train_textgan.py --dataset my_texts.csv --text_column caption
"""

from __future__ import annotations

from functools import partial
from typing import Any

import textgan
from gancore.cli.options import parse
from gancore.errors import one_line_errors
from gancore.training import tf_setup
from gancore.training.run_dir import open_run_dir, resolve_resume
from textgan.config import Config
from textgan.presets import PRESETS

LEADING = ("loss", "discrim_loss", "gen_loss")


def main(config: Config) -> None:
    from textgan.data.corpus import find_dataset, read_dataset

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = read_dataset(path, config)
    strategy = tf_setup.set_up_training(config)
    from gancore.callbacks.best_model import BestWeights
    from gancore.callbacks.collapse_monitor import CollapseMonitor
    from gancore.callbacks.defaults import default_callbacks
    from gancore.callbacks.history_plot import plot_history
    from gancore.distribute.datasets import (
        distributed_data,
        distributed_validation,
        validation_batch,
    )
    from gancore.distribute.multi_worker import join_workers
    from gancore.saving.model_io import build_metadata, save_h5
    from gancore.saving.portable import to_portable
    from gancore.training.checkpoint import TrainingCheckpoint
    from gancore.training.fit import fit_stage
    from textgan.commands.warm_start import initialize_generator
    from textgan.data.dataset import count_batches, make_batches
    from textgan.inference.sampler_config import SamplerConfig
    from textgan.models.build import build_gan
    from textgan.training.monitoring import MIN_DISTINCT_RATIO, distinct_ratio
    from textgan.training.sample_texts import PANELS, sample_texts
    from textgan.training.stages import plan_stages

    config = join_workers(strategy, config, corpus.facts())
    with strategy.scope():
        generator, vocabulary = initialize_generator(config, corpus.train)
    print(
        f"Dataset contains {len(corpus.train)} jokes (train set), each with a "
        f"maximum length of {corpus.longest} words and total number of "
        f"distinct words of size {len(vocabulary)}"
    )
    size = config.batch_size
    batches = count_batches(corpus.train, size)
    print("Number of batches in training set =", batches)
    print(
        "Number of batches in validation set =",
        count_batches(corpus.valid, size),
    )
    valid = (
        make_batches(
            corpus.valid,
            vocabulary,
            validation_batch(strategy, len(corpus.valid), size),
        )
        if corpus.valid
        else None
    )

    # === Models ===
    with strategy.scope():
        gan = build_gan(config, generator)
        stages = plan_stages(config, batches)
    folder = open_run_dir(config, "textgan", name)
    choice = SamplerConfig(temperature=config.temperature, top_p=config.top_p)
    collapse = CollapseMonitor(
        distinct_ratio(gan, vocabulary), MIN_DISTINCT_RATIO
    )
    show = sample_texts(gan, vocabulary, choice.sampler())
    watching = default_callbacks(config, folder, LEADING, collapse, show)
    best = BestWeights(gan.ema_generator, f"val_{config.monitor}")
    if valid and config.monitor != "last":
        watching.append(best)
    state = TrainingCheckpoint(
        folder, gan, [best, collapse], {"data": corpus.facts()}
    )
    if config.resume:
        state.find([stage.epochs for stage in stages])

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
        data = partial(distributed_data, strategy, train, valid)
        if epochs:  # Up to the first epoch the lines are the original's.
            print(f"Stage: {stage.name}")
        elif config.init_from and best in watching and state.new:
            # The model it begins as may be the best there is.
            best.stage = "init"
            held_out = distributed_validation(strategy, valid)
            start = gan.evaluate(
                held_out["validation_data"],
                steps=held_out.get("validation_steps"),
                verbose=0,
                return_dict=True,
            )
            best.consider(0, {f"val_{k}": value for k, value in start.items()})
        best.stage = stage.name
        fit_stage(gan, data, state, epochs, stage.epochs, watching)
        epochs += stage.epochs

    # === Results ===
    facts = {"vocabulary": vocabulary.words, "level": config.token_level}
    source = {"name": name, **corpus.facts()}

    def save(network: Any, file: str, logs: dict[str, float]) -> None:
        about = build_metadata("textgan", config, source, logs, **facts)
        save_h5(network, folder / file, about)

    if best.logs:
        print(
            f"Best {best.metric}: {best.logs[best.metric]:.4f} after epoch "
            f"{best.epoch}, stage {best.found_in}"
        )
        best.restore()
    save(gan.ema_generator, "model.h5", best.logs or state.logs)
    if config.discriminator_epochs or config.adversarial_epochs:
        save(gan.discriminator, "discriminator.h5", state.logs)
    plot_history(folder, PANELS)
    print(f"Model saved to {folder / 'model.h5'}")
    print(f"Generating text for joke #{config.joke}")
    text_generator = textgan.TextGenerator(
        to_portable(gan.ema_generator), vocabulary, choice.sampler()
    )
    print(text_generator.joke(config.joke))


if __name__ == "__main__":
    with (
        one_line_errors("train_textgan.py"),
        tf_setup.plain_tensorflow_errors(),
    ):
        about = __doc__.splitlines()[0]
        main(parse(Config, about, presets=PRESETS, settle=resolve_resume))
