"""The real texts that written ones are measured beside."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from gancore.cli.config_file import settings_of
from gancore.errors import UserError
from gancore.saving.model_io import read_metadata
from textgan.config import Config
from textgan.data.corpus import find_dataset, read_dataset, text_file
from textgan.data.readers import read_texts
from textgan.data.token_levels import LEVELS
from textgan.evaluation.options import ScoringOptions

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class ReferenceTexts:
    """Texts of people, those learnt from and others."""

    train: list[str]
    test: list[str]


def find_references(options: ScoringOptions, model: Path) -> ReferenceTexts:
    """Reads the texts of the command, or those of a model's own training.

    Args:
        options: The command's.
        model: An `.h5` of `train_textgan.py`.

    Raises:
        UserError: If a file cannot be read, or the model's dataset is not
            what it was, or nothing of it was validation.
    """
    if options.train and options.test:
        train = read_file(options.train, "--train", options.text_column)
        test = read_file(options.test, "--test", options.text_column)
        if both := len(set(test) & set(train)):
            logger.warning(f"{both} texts of --test are in --train, too")
    else:
        train, test = _of_training(read_metadata(model), model)
    return ReferenceTexts(train, test[: options.count])


def read_file(file: str, flag: str, column: str | None = None) -> list[str]:
    """Reads the texts of a file but the blank ones.

    Raises:
        UserError: If it cannot be read or has fewer than two.
    """
    path = text_file(Path(file), flag)
    texts = [text for _, text in read_texts(path, column) if text.strip()]
    if len(texts) < 2:
        raise UserError(f"{flag} {path} holds fewer than two texts")
    return texts


def _of_training(
    provenance: dict[str, Any], model: Path
) -> tuple[list[str], list[str]]:
    settings = settings_of(Config, provenance.get("config", {}))
    try:
        config = Config(**settings)
        _, path = find_dataset(config.dataset, config.data_dir)
        logger.info(f"reading {path}, which {model} says it was trained on")
        corpus = read_dataset(path, config)
    except (TypeError, UserError) as error:
        raise UserError(
            f"the texts {model} was trained on are not to be had (by its own "
            f"settings, {error}); "
            "give --train and --test"
        ) from error
    found, message = corpus.facts(), provenance.get("data", {})
    if any(found[key] != message.get(key) for key in ("train", "valid")):
        raise UserError(
            f"{path} gives {found['train']} and {found['valid']} texts, not "
            f"the {message.get('train')} and {message.get('valid')} of {model}; give "
            "--train and --test"
        )
    if found["digest"] != message.get("digest", found["digest"]):
        raise UserError(
            f"{path} gives other texts than {model} was trained on; give "
            "--train and --test"
        )
    if not corpus.valid:
        raise UserError(f"{model} held no text out; give --train and --test")
    join = LEVELS[config.token_level].join
    return list(map(join, corpus.train)), list(map(join, corpus.valid))
