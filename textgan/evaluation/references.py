"""Reference texts: what generated texts are compared with."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from gancore.cli.config_file import typed_values
from gancore.config_fields import from_flat
from gancore.errors import UserError
from textgan.config import Config
from textgan.data.corpus import read_dataset
from textgan.data.read_report import read_all
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.source import STDIN
from textgan.data.sources import find_dataset, text_file
from textgan.data.token_levels import LEVELS
from textgan.evaluation.options import ScoringOptions

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class ReferenceTexts:
    """Texts written by people.

    Attributes:
        train: Training texts of the models.
        test: Texts that are not among them.
    """

    train: list[str]
    test: list[str]


def find_references(options: ScoringOptions, model: Path) -> ReferenceTexts:
    """Reads the files of the options, or the dataset a model was trained on.

    Args:
        options: Options of the command.
        model: An `.h5` of `train_textgan.py`.

    Raises:
        UserError: If a file cannot be read, if the model's dataset has
            changed, or if it had no validation set.
    """
    if options.train:
        return read_references(options)
    # Imports Keras, which files of texts do not need.
    from gancore.saving.model_io import read_metadata

    train, test = _training_dataset(read_metadata(model), model)
    return ReferenceTexts(train, test[: options.count])


def read_references(options: ScoringOptions) -> ReferenceTexts:
    """Reads the files of `--train` and `--test`.

    Args:
        options: Options of the command, which name both.

    Raises:
        UserError: If one is missing or cannot be read.
    """
    if not (options.train and options.test):
        raise UserError("texts are scored against --train and --test")
    how = options.read_options()
    train = read_text_file(options.train, "--train", how)
    test = read_text_file(options.test, "--test", how)
    if both := len(set(test) & set(train)):
        logger.warning(f"{both} texts of --test are also in --train")
    return ReferenceTexts(train, test[: options.count])


def read_text_file(
    file: str, flag: str, options: ReadOptions | None = None
) -> list[str]:
    """Reads the texts of a file, without blank ones.

    Args:
        file: Path of the file.
        flag: Flag that named it, for errors.
        options: What is known of its format.

    Raises:
        UserError: If it cannot be read, an option does not apply, or it has
            fewer than two texts.
    """
    path = text_file(Path(file), flag)
    texts = read_all(path, options)
    if len(texts) < 2:
        raise UserError(f"{flag} {path} holds fewer than two texts")
    return texts


def _training_dataset(
    provenance: dict[str, Any], model: Path
) -> tuple[list[str], list[str]]:
    settings = typed_values(Config, provenance.get("config", {}))
    try:
        config = from_flat(Config, settings)
        if STDIN in (config.dataset, *config.extra_datasets):
            raise UserError("it was standard input")
        _, path = find_dataset(config.dataset, config.data_dir)
        logger.info(f"reading {path}, the dataset of {model}")
        corpus = read_dataset(path, config)
    except (TypeError, UserError) as error:
        raise UserError(
            f"the dataset of {model} cannot be read ({error}); give --train "
            "and --test"
        ) from error
    found, recorded = corpus.facts(), provenance.get("data", {})
    if any(found[key] != recorded.get(key) for key in ("train", "valid")):
        raise UserError(
            f"{path} gives {found['train']} and {found['valid']} texts, not "
            f"the {recorded.get('train')} and {recorded.get('valid')} of "
            f"{model}; give --train and --test"
        )
    if found["digest"] != recorded.get("digest", found["digest"]):
        raise UserError(
            f"{path} gives other texts than {model} was trained on; give "
            "--train and --test"
        )
    if not corpus.valid:
        raise UserError(
            f"{model} was trained without a validation set; give --train and "
            "--test"
        )
    join = LEVELS[config.token_level].join
    return list(map(join, corpus.train)), list(map(join, corpus.valid))
