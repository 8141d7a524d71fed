"""The command `download`: Kaggle's Short Jokes."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import hashlib
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gancore.cli.confirm import DownloadOptions, confirm
from gancore.config_fields import positional
from gancore.errors import RuntimeFailure, UserError
from gancore.lazy import require

OWNER, NAME, VERSION = "abhinavmoudgil95", "short-jokes", 1
PAGE = f"https://www.kaggle.com/datasets/{OWNER}/{NAME}"
HEADER = ["ID", "Joke"]
ROWS = 231_657
# The file has about 24 MB.
_MAX_BYTES = 100_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextDownloadOptions(DownloadOptions):
    """Options of `python -m textgan download`.

    Raises:
        UserError: If the dataset is unknown.
    """

    dataset: str = positional("Dataset: kaggle_jokes.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset != "kaggle_jokes":
            raise UserError(
                f"{self.dataset} is no dataset to download; give kaggle_jokes"
            )


def run(options: TextDownloadOptions) -> int:
    """Downloads the jokes and checks them, unless the file exists.

    Returns:
        0, or 1 if the user declines.

    Raises:
        UserError: If Kaggle's client is not installed or refuses.
        RuntimeFailure: If the download fails, or the file is another one.
    """
    from gancore.io.atomic import atomic_write
    from gancore.io.paths import check_folder, create_folder
    from textgan.data.sources import KAGGLE_FILE, kaggle_jokes_dir

    folder = Path(options.data_dir) if options.data_dir else kaggle_jokes_dir()
    path = folder / KAGGLE_FILE
    if not path.is_file():
        check_folder(folder)
        kagglehub = _kagglehub()
        with _one_sentence_errors():
            license_name, size = _license_and_size()
        if size > _MAX_BYTES:
            raise _wrong_file(f"Kaggle says it has {size} bytes")
        facts = (
            f'"Short Jokes", {ROWS:,} jokes, some of them offensive: {PAGE}\n'
            f"License, as Kaggle states it: {license_name or 'none'}\n"
            f"To download: at most {size / 1e6:.1f} MB\n"
            f"Into: {path.resolve()}"
        )
        if not confirm(facts, options.yes):
            return 1
        handle = f"{OWNER}/{NAME}/versions/{VERSION}"
        with _one_sentence_errors():
            cached = Path(kagglehub.dataset_download(handle, KAGGLE_FILE))
        _check(cached)
        create_folder(folder)
        with atomic_write(path) as partial:
            shutil.copyfile(cached, partial)
    where = f" --data_dir {options.data_dir}" if options.data_dir else ""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    print(
        f"The jokes are in {path.resolve()}, SHA-256 {digest}; to train on "
        f"them: python train_textgan.py --dataset kaggle_jokes{where}"
    )
    return 0


def _kagglehub() -> Any:
    """Imports Kaggle's client, its progress bar for terminals only."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")
    require("kagglehub", extra="kaggle")
    import kagglehub

    logging.getLogger("kagglehub").setLevel(logging.WARNING)
    return kagglehub


def _license_and_size() -> tuple[str, int]:
    """Requests the name of the license and the size in bytes."""
    from kagglehub.clients import build_kaggle_client
    from kagglesdk.datasets.types.dataset_api_service import (
        ApiGetDatasetRequest,
    )

    request = ApiGetDatasetRequest()
    request.owner_slug, request.dataset_slug = OWNER, NAME
    with build_kaggle_client() as client:
        answer = client.datasets.dataset_api_client.get_dataset(request)
    return answer.license_name, answer.total_bytes


@contextlib.contextmanager
def _one_sentence_errors() -> Iterator[None]:
    """Turns the errors of Kaggle's client into one sentence."""
    import requests
    from kagglehub.exceptions import DataCorruptionError

    again = "the same command resumes the download"
    try:
        yield
    except requests.HTTPError as error:
        raise _http_error(error.response) from error
    except requests.RequestException as error:
        raise RuntimeFailure(
            f"the connection to Kaggle failed: {_root_message(error)}; {again}"
        ) from error
    except DataCorruptionError as error:
        raise RuntimeFailure(
            "the file from Kaggle does not match its checksum and was "
            "deleted; run the command again"
        ) from error
    except OSError as error:
        raise RuntimeFailure(
            f"the file from Kaggle could not be saved: {error}; {again}"
        ) from error
    except ValueError as error:
        raise UserError(f"Kaggle's client refuses: {error}") from error


def _http_error(response: Any) -> UserError:
    if response.status_code in (401, 403):
        return UserError(
            f"Kaggle requires an account for {PAGE} (status "
            f"{response.status_code}): create a token at "
            "https://www.kaggle.com/settings/api and put it into the variable "
            "KAGGLE_API_TOKEN or the file ~/.kaggle/access_token"
        )
    return RuntimeFailure(
        f"Kaggle does not serve {PAGE}, version {VERSION}: status "
        f"{response.status_code} {response.reason}"
    )


def _check(path: Path) -> None:
    """Checks size, header and rows: Kaggle publishes no SHA-256.

    A wrong file is deleted, so that the next command downloads it again.
    """
    why = None
    if path.stat().st_size > _MAX_BYTES:
        why = f"it has more than {_MAX_BYTES:,} bytes"
    else:
        header, count = _header_and_rows(path)
        if header != HEADER:
            why = f"it does not start with {','.join(HEADER)}"
        elif count != ROWS:
            why = f"it has {count:,} rows, not {ROWS:,}"
    if why:
        path.unlink()
        raise _wrong_file(f"{why}; it was deleted")


def _header_and_rows(path: Path) -> tuple[list[str], int]:
    """Reads the first row of a CSV, and counts the valid rows after it."""
    count = 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        # A file that is no CSV soon has a field that is too long.
        with contextlib.suppress(csv.Error):
            for _ in rows:
                count += 1
    return header, count


def _root_message(error: BaseException) -> str:
    """Returns the message of the first error of a chain."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__


def _wrong_file(why: str) -> RuntimeFailure:
    return RuntimeFailure(
        f"{PAGE}, version {VERSION}, is not what was expected: {why}"
    )
