#!/usr/bin/env python3
"""Trains the TextGAN on jokes, saves it, and tells one.

python train_textgan.py --batch_size=64 --dataset=kaggle_jokes
python train_textgan.py --dataset my_texts.csv --text_column caption
"""

from __future__ import annotations

from functools import partial
from typing import Any

import textgan
from adversarial import runtime
from adversarial.command_line import parse
from adversarial.messages import plain_errors
from adversarial.run_folder import open_run_folder, resumed
from textgan.config import Config
from textgan.presets import PRESETS

LEADING = ("loss", "discrim_loss", "gen_loss")


def main(config: Config) -> None:
    from textgan.corpus import find_dataset, read_dataset

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = read_dataset(path, config)
    strategy = runtime.start_training(config)
    from adversarial.checkpoint import describe, export_h5
    from adversarial.collapse import WarnOfCollapse
    from adversarial.portable import portable
    from adversarial.sharing import (
        shared_data,
        shared_validation,
        validation_batch,
    )
    from adversarial.state import State
    from adversarial.training import fit_stage
    from adversarial.watching.best import Best
    from adversarial.watching.curves import draw_curves
    from adversarial.watching.watchers import watchers
    from adversarial.workers import join
    from textgan.assembly import build_gan
    from textgan.beginning import begin
    from textgan.collapse import LEAST, variety
    from textgan.data import count_batches, make_batches
    from textgan.phases import plan_phases
    from textgan.sampler_options import SamplerOptions
    from textgan.watching import PANELS, jokes

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
    with plain_errors("train_textgan.py"), runtime.plain_tensorflow_errors():
        about = __doc__.splitlines()[0]
        main(parse(Config, about, presets=PRESETS, settle=resumed))
