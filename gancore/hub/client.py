"""Pushes files to the Hugging Face Hub, and fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gancore.errors import RuntimeFailure, UserError, printable
from gancore.lazy import require

HUB_PREFIX = "hf://"


def fetch(repository: str, name: str) -> Path:
    """Fetches a file, or finds it in the cache of `huggingface_hub`.

    Args:
        repository: `OWNER/NAME`.
        name: Name of the file in the repository.

    Returns:
        Path in the cache.

    Raises:
        UserError: If `huggingface_hub` is not installed.
        RuntimeFailure: If the repository or file is not there, or the Hub
            cannot be reached.
    """
    require("huggingface_hub", extra="publish")
    import huggingface_hub
    from huggingface_hub.errors import HTTPError

    try:
        return Path(huggingface_hub.hf_hub_download(repository, name))
    except (HTTPError, OSError, ValueError) as error:
        raise RuntimeFailure(
            f"could not fetch {name} of {HUB_PREFIX}{repository}: "
            f"{printable(error)}"
        ) from error


def check_hub(repository: str) -> None:
    """Checks that a push can work, before there is something to push.

    Args:
        repository: `OWNER/NAME`.

    Raises:
        UserError: If the name is invalid, `huggingface_hub` is not installed
            or there is no token.
    """
    require("huggingface_hub", extra="publish")
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UserError(f"--push {repository}: {printable(error)}") from error
    if "/" not in repository:
        raise UserError(f"--push {repository} is not of the form OWNER/NAME")
    if huggingface_hub.get_token() is None:
        raise UserError(
            "there is no token for --push; run `hf auth login`, or set HF_TOKEN"
        )


def push(
    folder: Path, names: Sequence[str], repository: str, private: bool
) -> str:
    """Pushes files in one commit; creates the repository if it is missing.

    Args:
        folder: Folder of the files.
        names: Names of the files to push.
        repository: `OWNER/NAME`.
        private: Whether a new repository is visible only to its owner.

    Returns:
        URL of the repository.

    Raises:
        RuntimeFailure: If the Hub cannot be reached or refuses.
    """
    import huggingface_hub
    from huggingface_hub.errors import HTTPError

    hub = huggingface_hub.HfApi(library_name="keras-textgan-srgan")
    try:
        url = hub.create_repo(repository, private=private, exist_ok=True)
        hub.create_commit(
            url.repo_id,
            [
                huggingface_hub.CommitOperationAdd(name, folder / name)
                for name in names
            ],
            commit_message="Model, config and card",
        )
    except (HTTPError, OSError, ValueError) as error:
        raise RuntimeFailure(
            f"{folder} is written but could not be pushed to {repository}: "
            f"{printable(error)}"
        ) from error
    return str(url)
