"""The command `train`: trains a TextGAN, saves it and generates one text."""

from __future__ import annotations

from functools import partial
from typing import Any

from gancore.training import tf_setup
from gancore.training.run_dir import open_run_dir
from textgan.config import Config


@tf_setup.plain_tensorflow_errors()
def run(config: Config) -> int:
    """Trains, saves the models, prints a text, and returns 0."""
    from textgan.data.corpus import read_dataset
    from textgan.data.sources import KAGGLE_JOKES, find_dataset

    # === Data ===
    name, path = find_dataset(config.dataset, config.data_dir)
    print(f"Training on dataset {name}...", flush=True)
    corpus = read_dataset(path, config)
    strategy = tf_setup.set_up_training(config)
    # TensorFlow takes seconds to import: errors in flags and data come first.
    from gancore.callbacks.history_plot import plot_history
    from gancore.distribute import datasets
    from gancore.distribute.multi_worker import join_workers
    from gancore.saving.model_io import build_metadata, save_h5, to_portable
    from gancore.training.checkpoint import TrainingCheckpoint
    from gancore.training.fit import fit_stage
    from textgan.commands import warm_start
    from textgan.commands.train_callbacks import build_callbacks
    from textgan.data.dataset import count_batches, make_batches
    from textgan.inference.load import longest_learned
    from textgan.inference.sampler_config import SamplerConfig
    from textgan.inference.text_generator import TextGenerator
    from textgan.inference.vocabulary_file import write_vocabulary
    from textgan.models.build import build_gan
    from textgan.training.sample_texts import PANELS
    from textgan.training.stages import plan_stages

    config = join_workers(strategy, config, corpus.facts())
    size, texts = config.batch_size, corpus.train
    with strategy.scope():
        generator, vocabulary = warm_start.initialize_generator(config, texts)
    steps = count_batches(texts, size)
    of_jokes = name == KAGGLE_JOKES
    print(
        f"Dataset contains {len(texts)} {'jokes' if of_jokes else 'texts'} "
        f"(train set), each with a maximum length of {corpus.longest} words "
        f"and total number of distinct words of size {len(vocabulary)}"
    )
    print("Number of batches in training set =", steps)
    valid_steps = count_batches(corpus.valid, size)
    print("Number of batches in validation set =", valid_steps)
    valid = None
    if corpus.valid:
        count = len(corpus.valid)
        valid_size = datasets.validation_batch_size(strategy, count, size)
        valid = make_batches(corpus.valid, vocabulary, valid_size)

    # === Models ===
    with strategy.scope():
        gan, stages = build_gan(config, generator), plan_stages(config, steps)
    folder = open_run_dir(config, "textgan", name, corpus.files)
    sampling = SamplerConfig(temperature=config.temperature, top_p=config.top_p)
    sampler = sampling.sampler()
    callbacks, best, collapse = build_callbacks(
        config, folder, gan, vocabulary, sampler, valid
    )
    checkpoint = TrainingCheckpoint(
        folder, gan, [best, collapse], {"data": corpus.facts()}
    )
    if config.resume:
        checkpoint.restore([stage.epochs for stage in stages])

    # === Training: MLE, the discriminator alone, both ===
    make_train = partial(
        make_batches, texts, vocabulary, size, unk_dropout=config.unk_dropout
    )
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
        train = partial(make_train, shuffle_seed=config.seed + epochs)
        if epochs:  # The first stage has no heading, as in the original.
            print(f"Stage: {stage.name}")
        elif config.init_from and best in callbacks and checkpoint.is_new:
            warm_start.evaluate(gan, best, strategy, valid)
        best.stage = stage.name
        data = partial(datasets.distributed_data, strategy, train, valid)
        fit_stage(gan, data, checkpoint, epochs, stage.epochs, callbacks)
        epochs += stage.epochs

    # === Results ===
    facts = {"vocabulary": vocabulary.words, "level": config.token_level}
    longest = max(map(len, texts))
    data_facts = {"name": name, **corpus.facts(), "longest_tokens": longest}

    def save(network: Any, file: str, scores: dict[str, float]) -> None:
        about = build_metadata("textgan", config, data_facts, scores, **facts)
        save_h5(network, folder / file, about)

    if best.logs:
        print(
            f"Best {best.metric}: {best.logs[best.metric]:.4f} after epoch "
            f"{best.epoch}, stage {best.best_stage}"
        )
        best.restore()
    write_vocabulary(vocabulary, folder / "vocabulary.json")
    save(gan.ema_generator, "model.h5", best.logs or checkpoint.logs)
    if [stage.name for stage in stages] != ["mle"]:
        save(gan.discriminator, "discriminator.h5", checkpoint.logs)
    plot_history(folder, PANELS)
    print(f"Model saved to {folder / 'model.h5'}")
    print(f"Generating text{' for joke' * of_jokes} #{config.joke}")
    network = to_portable(gan.ema_generator)
    text_generator = TextGenerator(
        network,
        vocabulary,
        sampler,
        max_length=longest_learned({"data": data_facts}, config.token_level),
    )
    print(text_generator.generate_one(config.joke))
    return 0
