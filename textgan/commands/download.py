"""The command `download`: the jokes that training asks for."""

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
# It has about 24 MB.
_MOST_BYTES = 100_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextDownloadOptions(DownloadOptions):
    """Options of `python -m textgan download`."""

    dataset: str = positional("kaggle_jokes.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset != "kaggle_jokes":
            raise UserError(
                f"{self.dataset} is no dataset to download: kaggle_jokes"
            )


def run(options: TextDownloadOptions) -> int:
    """Downloads the jokes and checks them, if they are not there yet.

    Returns:
        0, or 1 if the person does not want it.
    """
    from gancore.io.atomic import atomic_write
    from gancore.io.paths import check_folder, make_folder
    from textgan.data.corpus import KAGGLE_FILE, KAGGLE_JOKES

    folder = Path(options.data_dir) if options.data_dir else KAGGLE_JOKES
    path = folder / KAGGLE_FILE
    if not path.is_file():
        check_folder(folder)
        kagglehub = _kagglehub()
        with _plain_errors():
            licence, size = _facts()
        if size > _MOST_BYTES:
            raise _another(f"Kaggle says it has {size} bytes")
        facts = (
            f'"Short Jokes", {ROWS:,} jokes, some of them offensive: {PAGE}\n'
            f"Licence, as Kaggle states it: {licence or 'none'}\n"
            f"To download: at most {size / 1e6:.1f} MB\n"
            f"Into: {path.resolve()}"
        )
        if not confirm(facts, options.yes):
            return 1
        handle = f"{OWNER}/{NAME}/versions/{VERSION}"
        with _plain_errors():
            cached = Path(kagglehub.dataset_download(handle, KAGGLE_FILE))
        _check(cached)
        make_folder(folder)
        with atomic_write(path) as partial:
            shutil.copyfile(cached, partial)
    where = f" --data_dir {options.data_dir}" if options.data_dir else ""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    print(
        f"The jokes are in {path.resolve()}, SHA-256 {digest}; this learns "
        f"from them: python train_textgan.py --dataset kaggle_jokes{where}"
    )
    return 0


def _kagglehub() -> Any:
    """Imports Kaggle's client, which shows a bar on a terminal only."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")
    require("kagglehub", extra="kaggle")
    import kagglehub

    logging.getLogger("kagglehub").setLevel(logging.WARNING)
    return kagglehub


def _facts() -> tuple[str, int]:
    """Asks Kaggle for the licence and the size in bytes."""
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
def _plain_errors() -> Iterator[None]:
    """Tells in a sentence what Kaggle's client fails at."""
    import requests
    from kagglehub.exceptions import DataCorruptionError

    again = "the part received is kept, and the same command resumes from there"
    try:
        yield
    except requests.HTTPError as error:
        raise _refusal(error.response) from error
    except requests.RequestException as error:
        raise RuntimeFailure(
            f"Kaggle is not reached, or no more: {_root(error)}; {again}"
        ) from error
    except DataCorruptionError as error:
        raise RuntimeFailure(
            "what came from Kaggle is not what its checksum says and was "
            "deleted; give the same command again"
        ) from error
    except OSError as error:
        raise RuntimeFailure(
            f"could not keep what came from Kaggle: {error}; {again}"
        ) from error
    except ValueError as error:
        raise UserError(f"Kaggle's client refuses: {error}") from error


def _refusal(response: Any) -> UserError:
    if response.status_code in (401, 403):
        return UserError(
            f"Kaggle wants to know who downloads {PAGE} (status "
            f"{response.status_code}): make a token at "
            "https://www.kaggle.com/settings/api and put it into the variable "
            "KAGGLE_API_TOKEN or the file ~/.kaggle/access_token"
        )
    return RuntimeFailure(
        f"Kaggle does not give {PAGE}, version {VERSION}: it answers "
        f"{response.status_code} {response.reason}"
    )


def _check(path: Path) -> None:
    """Checks what can be known of the file, which has no published SHA-256.

    One that is refused is deleted, so that the next command downloads anew.
    """
    why = None
    if path.stat().st_size > _MOST_BYTES:
        why = f"it has more than {_MOST_BYTES:,} bytes"
    else:
        header, count = _header_and_rows(path)
        if header != HEADER:
            why = f"it does not begin with {','.join(HEADER)}"
        elif count != ROWS:
            why = f"it has {count:,} rows, not {ROWS:,}"
    if why:
        path.unlink()
        raise _another(f"{why}; it was deleted")


def _header_and_rows(path: Path) -> tuple[list[str], int]:
    """Gives the first row of a table, and how many can be read after it."""
    count = 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        # What is no table ends in a row too long to be one.
        with contextlib.suppress(csv.Error):
            for _ in rows:
                count += 1
    return header, count


def _root(error: BaseException) -> str:
    """Finds the sentence below those of the layers above."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__


def _another(why: str) -> RuntimeFailure:
    return RuntimeFailure(
        f"{PAGE}, version {VERSION}, is not what was expected: {why}"
    )
