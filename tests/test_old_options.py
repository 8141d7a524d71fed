"""Every option of version 0.1 is understood, by the command line and files."""

import importlib
import json

import pytest

from gancore.cli.config_file import load_config_file, to_json
from gancore.cli.options import parse
from gancore.config_fields import flat_dict, flat_fields, old_names
from srgan.__main__ import COMMANDS as SRGAN_COMMANDS
from srgan.config import Config as SRGANConfig
from textgan.__main__ import COMMANDS as TEXTGAN_COMMANDS
from textgan.config import Config as TextGANConfig

COMMANDS = {"srgan": SRGAN_COMMANDS, "textgan": TEXTGAN_COMMANDS}
# All options of version 0.1, in its names.
OLD = {
    ("srgan", "download"): """
        data_dir yes dataset scale
    """,
    ("srgan", "prepare"): """
        data out size step smallest shard_size workers
    """,
    ("srgan", "upscale"): """
        photos model scale seed out format overwrite max_pixels tile
    """,
    ("srgan", "evaluate"): """
        data features feature_layers feature_range overwrite model csv
        markdown
    """,
    ("srgan", "benchmark"): """
        data features feature_layers feature_range overwrite models
        reference repeats out
    """,
    ("srgan", "convert"): """
        old new overwrite
    """,
    ("srgan", "interpolate"): """
        model_a model_b out alpha overwrite
    """,
    ("srgan", "export"): """
        model format to overwrite
    """,
    ("srgan", "publish"): """
        model to license overwrite push private
    """,
    ("srgan", "demo"): """
        port queue browser model max_pixels max_megabytes
    """,
    ("srgan", "train"): """
        validation_fraction ema_decay strategy seed precision
        deterministic resume runs_dir tensorboard track features
        feature_layers feature_range before_activation feature_factor
        pixel_loss pixel_weight content_loss content_weight
        adversarial_loss adversarial_weight ramp_steps label_smoothing
        r1_weight consistency_weight diversity dataset data_dir
        validation_dir skip_bad_shards scale degradation patch_size
        validation_size init blocks filters batch_norm compact
        noise_channels discriminator discriminator_width batch_size
        steps_per_epoch pixel_epochs adversarial_epochs learning_rate
        schedule warmup_steps adversarial_learning_rate
        adversarial_schedule clip_norm keep_best preview_epochs
    """,
    ("textgan", "download"): """
        data_dir yes dataset
    """,
    ("textgan", "generate"): """
        temperature top_p top_k model prompt count joke clean max_length
        beam no_repeats no_copies
    """,
    ("textgan", "evaluate"): """
        train test text_column count tokens encoder overwrite temperature
        top_p top_k model markdown
    """,
    ("textgan", "benchmark"): """
        train test text_column count tokens encoder overwrite models
        samples temperatures ngrams out
    """,
    ("textgan", "oracle"): """
        texts model oracle count temperature seed overwrite
    """,
    ("textgan", "export"): """
        model format to overwrite
    """,
    ("textgan", "publish"): """
        model to license overwrite push private
    """,
    ("textgan", "demo"): """
        port queue browser model clean
    """,
    ("textgan", "train"): """
        validation_fraction ema_decay strategy seed precision
        deterministic resume runs_dir tensorboard track signal
        adversarial_weight likelihood_weight gumbel_temperature
        final_temperature sharpness matching_weight code_weight discount
        baseline_decay sampled_words free_length dataset data_dir
        more_texts only_clean text_column level encoding max_words
        vocabulary_size min_count unknown_rate latent_dim embedding_dim
        embeddings tune_embeddings init units dropout judge_embedding_dim
        judge_widths judge_filters batch_size epochs judge_epochs
        adversarial_epochs learning_rate adversarial_learning_rate
        discriminator_learning_rate weight_decay clip_norm keep_best joke
        temperature top_p
    """,
}
# Options of a training that version 0.1 lacks.
NEW = {"mle_epochs", "join_with", "separator", "header", "split"}


@pytest.mark.parametrize(("package", "command"), OLD)
def test_every_old_option_is_known(package, command):
    found = COMMANDS[package][command]
    options = getattr(importlib.import_module(found.module), found.options)
    known = {field.name for field in flat_fields(options)}
    known |= set(old_names(options))
    assert set(OLD[package, command].split()) <= known


@pytest.mark.parametrize(
    ("column", "expected"),
    [(None, ()), ("Joke", ("Joke",)), (["a", "b"], ("a", "b"))],
)
def test_one_column_of_texts_in_an_old_file_is_read(tmp_path, column, expected):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"text_column": column}))
    assert load_config_file(TextGANConfig, str(path)) == {
        "text_column": expected
    }


@pytest.mark.parametrize(
    ("config", "package"), [(SRGANConfig, "srgan"), (TextGANConfig, "textgan")]
)
def test_an_old_config_file_of_a_training_is_read(
    tmp_path, capsys, config, package
):
    names = {new: old for old, new in old_names(config).items()}
    path = tmp_path / "config.json"
    old = {
        names.get(name, name): value
        for name, value in json.loads(to_json(config())).items()
    }
    assert set(OLD[package, "train"].split()) == set(old) - NEW
    path.write_text(json.dumps(old))
    assert load_config_file(config, str(path)) == flat_dict(config())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--judge_epochs", "2"], "discriminator_epochs", 2),
        (["--signal", "mmd"], "adversarial_loss", "feature_matching"),
        (
            ["--no-tune_embeddings", "--embeddings=a.txt"],
            "train_embeddings",
            False,
        ),
        (["--track", "wandb"], "loggers", ("wandb",)),
        (["--only_clean"], "filter_profanity", True),
        (["--level=char"], "token_level", "char"),
    ],
)
def test_old_flags_of_textgan(monkeypatch, words, name, value):
    monkeypatch.setattr("gancore.lazy.installed", lambda module: True)
    assert flat_dict(parse(TextGANConfig, "about", words))[name] == value


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--ramp_steps=7"], "adversarial_warmup_steps", 7),
        (["--content_weight", "0.5"], "perceptual_weight", 0.5),
        (["--init", "a.h5"], "init_from", "a.h5"),
        (["--before_activation"], "pre_activation", True),
    ],
)
def test_old_flags_of_srgan(words, name, value):
    assert flat_dict(parse(SRGANConfig, "about", words))[name] == value


@pytest.mark.parametrize("config", [SRGANConfig, TextGANConfig])
def test_old_flags_are_not_in_the_help(config, capsys):
    with pytest.raises(SystemExit):
        parse(config, "about", ["--help"])
    words = set(capsys.readouterr().out.replace(",", " ").split())
    assert not words & {f"--{name}" for name in old_names(config)}
