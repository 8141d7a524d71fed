"""Trains the TextGAN on jokes, saves it, and tells one.

python train_textgan.py --batch_size=64 --dataset=kaggle_jokes
python train_textgan.py --dataset my_texts.csv --text_column caption
"""

from __future__ import annotations

from pathlib import Path

import textgan
from adversarial import runtime
from adversarial.command_line import parse
from adversarial.files import make_run_folder
from adversarial.messages import plain_errors
from textgan.config import Config

LEADING = ("loss", "discrim_loss", "gen_loss")


def main(config: Config) -> None:
    from textgan.corpus import find_dataset, load_corpus

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = load_corpus(
        path,
        text_column=config.text_column,
        encoding=config.encoding,
        level=config.level,
        max_words=config.max_words,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
    )
    runtime.start(config.seed)
    folder = make_run_folder(Path(config.runs_dir), "textgan", name, config)

    import keras

    from adversarial.callbacks import watchers
    from adversarial.checkpoint import describe, export_h5
    from textgan.data import count_batches, make_batches
    from textgan.sampling import Greedy, TopP

    vocabulary = textgan.Vocabulary.build(
        corpus.train, config.vocabulary_size, config.min_count, config.level
    )
    print(
        f"Dataset contains {len(corpus.train)} jokes (train set), each with a "
        f"maximum length of {corpus.longest} words and total number of "
        f"distinct words of size {len(vocabulary)}"
    )
    size = config.batch_size
    print(
        "Number of batches in training set =", count_batches(corpus.train, size)
    )
    print(
        "Number of batches in validation set =",
        count_batches(corpus.valid, size),
    )
    train = make_batches(
        corpus.train, vocabulary, size, shuffle_seed=config.seed
    )
    valid = (
        make_batches(corpus.valid, vocabulary, size) if corpus.valid else None
    )

    # === Models ===
    gan = textgan.GAN(
        textgan.Generator(
            len(vocabulary), config.embedding_dim, config.units, config.dropout
        ),
        textgan.Discriminator(len(vocabulary)),
        adversarial_weight=config.adversarial_weight,
        gumbel_temperature=config.gumbel_temperature,
        free_length=config.free_length,
        ema_decay=config.ema_decay,
    )
    # RelGAN's settings (Nie et al. 2019): global norm 5, Adam's usual betas.
    gan.compile(
        keras.optimizers.Adam(config.learning_rate, global_clipnorm=5.0),
        keras.optimizers.Adam(
            config.discriminator_learning_rate, global_clipnorm=5.0
        ),
    )

    # === Training ===
    with runtime.plain_tensorflow_errors():
        history = gan.fit(
            train,
            validation_data=valid,
            epochs=config.epochs,
            verbose=0,
            shuffle=False,  # the dataset shuffles itself
            callbacks=watchers(LEADING, folder / "log.csv"),
        ).history

    # === Results ===
    data = {
        "name": name,
        "train": len(corpus.train),
        "valid": len(corpus.valid),
    }
    words = vocabulary.words
    logs = {metric: values[-1] for metric, values in history.items()}
    about = describe(
        "textgan", config, data, logs, vocabulary=words, level=config.level
    )
    export_h5(gan.averaged, folder / "model.h5", about)
    export_h5(gan.discriminator, folder / "discriminator.h5", about)
    print(f"Model saved to {folder / 'model.h5'}")
    print(f"Generating text for joke #{config.joke}")
    sampler = (
        TopP(config.top_p, config.temperature)
        if config.temperature
        else Greedy()
    )
    print(textgan.Writer(gan.averaged, vocabulary, sampler).joke(config.joke))


if __name__ == "__main__":
    with plain_errors("train_textgan.py"):
        main(parse(Config, __doc__.splitlines()[0]))
