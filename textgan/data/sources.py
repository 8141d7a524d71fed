"""The file of texts behind a dataset's name, and the bundled sample."""

from __future__ import annotations

import logging
from pathlib import Path

from gancore.errors import UserError
from gancore.io.paths import datasets_dir
from textgan.data.readers.folder import text_files
from textgan.data.readers.source import STDIN
from textgan.data.readers.text_file import TEXT_FILES

logger = logging.getLogger(__name__)

# Name of the default dataset, and its file.
KAGGLE_JOKES = "kaggle_jokes"
KAGGLE_FILE = "shortjokes.csv"
# Where an installed package has it, and where the repository has it.
_SAMPLES = (
    Path(__file__).parent / "sample.csv",
    Path(__file__).parents[2] / "datasets" / "kaggle_jokes" / "sample.csv",
)


def kaggle_jokes_dir() -> Path:
    """Returns the folder that Kaggle's jokes are downloaded into."""
    return datasets_dir() / KAGGLE_JOKES


def sample_file() -> Path:
    """Returns the file of the bundled sample, 1,028 jokes.

    Raises:
        UserError: If the installation lacks it.
    """
    for path in _SAMPLES:
        if path.is_file():
            return path
    raise UserError(
        f"this installation has no sample of jokes at {_SAMPLES[0]}; install "
        "the package again, or name a file with --dataset"
    )


def is_bundled(path: Path) -> bool:
    """Checks for Kaggle's jokes and the bundled sample, many of them rude."""
    return path.name == KAGGLE_FILE or path in _SAMPLES


def find_dataset(dataset: str, data_dir: str | None) -> tuple[str, Path]:
    """Finds the file behind `--dataset` and `--data_dir`.

    Args:
        dataset: `kaggle_jokes`, the path of a file or folder, or `-`.
        data_dir: A file or folder to read instead.

    Returns:
        The dataset's name and its file: for `kaggle_jokes` that of
        `kaggle_jokes_dir()` or, with a warning, the bundled sample.

    Raises:
        UserError: If there is no such file.
    """
    name = "stdin" if dataset == STDIN else _stem(Path(dataset))
    if data_dir is not None:
        return name, text_file(Path(data_dir), "--data_dir")
    if dataset != KAGGLE_JOKES:
        return name, text_file(Path(dataset), "--dataset")
    full = kaggle_jokes_dir() / KAGGLE_FILE
    if full.is_file():
        return name, full
    sample = sample_file()
    logger.warning(
        f"{full} does not exist: using the bundled sample; "
        "python -m textgan download kaggle_jokes gets all 231,657 jokes"
    )
    return name, sample


def text_file(path: Path, flag: str) -> Path:
    """Finds the file of texts at a path.

    Args:
        path: A file, `-` for standard input, or a folder: with Kaggle's file,
            with a single file of texts, or with `.txt` files only, each of
            which is a text.
        flag: Name of the flag, for the error message.

    Returns:
        The file, or a folder of `.txt` files.

    Raises:
        UserError: If there is no such file, or several.
    """
    if (path / KAGGLE_FILE).is_file():
        return path / KAGGLE_FILE
    if path.is_dir():
        files = sorted(
            p
            for p in path.iterdir()
            if Path(_without_gz(p)).suffix.lower() in TEXT_FILES and p.is_file()
        )
        if len(files) == 1:
            return files[0]
        if all(p.suffix.lower() == ".txt" for p in files) and text_files(path):
            return path
        raise UserError(
            f"{flag} {path} holds {len(files)} text files; name one file"
        )
    if not path.is_file() and str(path) != STDIN:
        raise UserError(
            f"{flag} {path} is neither kaggle_jokes nor a file or folder"
        )
    return path


def _stem(path: Path) -> str:
    return Path(_without_gz(path)).stem


def _without_gz(path: Path) -> str:
    return path.name[:-3] if path.suffix.lower() == ".gz" else path.name
