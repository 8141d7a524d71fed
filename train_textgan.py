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
from gancore.errors import plain_errors
from gancore.training import tf_setup
from gancore.training.run_dir import open_run_folder, resumed
from textgan.config import Config
from textgan.presets import PRESETS

LEADING = ("loss", "discrim_loss", "gen_loss")


def main(config: Config) -> None:
    from textgan.data.corpus import find_dataset, read_dataset

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = read_dataset(path, config)
    strategy = tf_setup.start_training(config)
    from gancore.callbacks.best_model import Best
    from gancore.callbacks.collapse_monitor import WarnOfCollapse
    from gancore.callbacks.defaults import watchers
    from gancore.callbacks.history_plot import draw_curves
    from gancore.distribute.datasets import (
        shared_data,
        shared_validation,
        validation_batch,
    )
    from gancore.distribute.multi_worker import join
    from gancore.saving.model_io import describe, export_h5
    from gancore.saving.portable import portable
    from gancore.training.checkpoint import State
    from gancore.training.fit import fit_stage
    from textgan.commands.warm_start import begin
    from textgan.data.dataset import count_batches, make_batches
    from textgan.inference.sampler_config import SamplerOptions
    from textgan.models.build import build_gan
    from textgan.training.monitoring import LEAST, variety
    from textgan.training.sample_texts import PANELS, jokes
    from textgan.training.stages import plan_phases

    config = join(strategy, config, corpus.facts())
    with strategy.scope():
        generator, vocabulary = begin(config, corpus.train)
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
        phases = plan_phases(config, batches)
    folder = open_run_folder(config, "textgan", name)
    choice = SamplerOptions(temperature=config.temperature, top_p=config.top_p)
    collapse = WarnOfCollapse(variety(gan, vocabulary), LEAST)
    show = jokes(gan, vocabulary, choice.sampler())
    watching = watchers(config, folder, LEADING, collapse, show)
    best = Best(gan.averaged, f"val_{config.keep_best}")
    if valid and config.keep_best != "last":
        watching.append(best)
    state = State(folder, gan, [best, collapse], {"data": corpus.facts()})
    if config.resume:
        state.find([phase.epochs for phase in phases])

    # === Training: likelihood, the judge alone, both ===
    epochs = 0
    for phase in phases:
        with strategy.scope():
            gan.compile(
                phase.g_optimizer,
                phase.d_optimizer,
                objective=phase.objective,
                phase=phase.name,
                steps=phase.steps,
            )
        train = partial(
            make_batches,
            corpus.train,
            vocabulary,
            size,
            shuffle_seed=config.seed + epochs,
            unknown_rate=config.unknown_rate,
        )
        data = partial(shared_data, strategy, train, valid)
        if epochs:  # Up to the first epoch the lines are the original's.
            print(f"Phase: {phase.name}")
        elif config.init and best in watching and state.new:
            # The model it begins as may be the best there is.
            best.stage = "init"
            held_out = shared_validation(strategy, valid)
            start = gan.evaluate(
                held_out["validation_data"],
                steps=held_out.get("validation_steps"),
                verbose=0,
                return_dict=True,
            )
            best.consider(0, {f"val_{k}": value for k, value in start.items()})
        best.stage = phase.name
        fit_stage(gan, data, state, epochs, phase.epochs, watching)
        epochs += phase.epochs

    # === Results ===
    facts = {"vocabulary": vocabulary.words, "level": config.level}
    source = {"name": name, **corpus.facts()}

    def save(network: Any, file: str, logs: dict[str, float]) -> None:
        about = describe("textgan", config, source, logs, **facts)
        export_h5(network, folder / file, about)

    if best.logs:
        print(
            f"Best {best.metric}: {best.logs[best.metric]:.4f} after epoch "
            f"{best.epoch}, phase {best.found_in}"
        )
        best.restore()
    save(gan.averaged, "model.h5", best.logs or state.logs)
    if config.judge_epochs or config.adversarial_epochs:
        save(gan.discriminator, "discriminator.h5", state.logs)
    draw_curves(folder, PANELS)
    print(f"Model saved to {folder / 'model.h5'}")
    print(f"Generating text for joke #{config.joke}")
    writer = textgan.Writer(
        portable(gan.averaged), vocabulary, choice.sampler()
    )
    print(writer.joke(config.joke))


if __name__ == "__main__":
    with plain_errors("train_textgan.py"), tf_setup.plain_tensorflow_errors():
        about = __doc__.splitlines()[0]
        main(parse(Config, about, presets=PRESETS, settle=resumed))
