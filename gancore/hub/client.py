"""Pushing to the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gancore.errors import RuntimeFailure, UserError, printable
from gancore.lazy import require


def check_hub(repository: str) -> None:
    """Checks what can be known before there is something to push.

    Args:
        repository: `OWNER/NAME`.

    Raises:
        UserError: If the name is none, the Hub's library is not installed or
            there is no token.
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
            "there is no token for --push; `hf auth login` keeps one, or set "
            "HF_TOKEN"
        )


def push(
    folder: Path, names: Sequence[str], repository: str, private: bool
) -> str:
    """Pushes files in one commit, to a repository that is made if missing.

    Args:
        folder: Where the files are.
        names: Those to push; others that lie there stay.
        repository: `OWNER/NAME`.
        private: Whether a new repository is shown to its owner alone.

    Returns:
        The repository's address.

    Raises:
        FailedWork: If the Hub cannot be reached or refuses.
    """
    import huggingface_hub
    from huggingface_hub.errors import HTTPError

    hub = huggingface_hub.HfApi(library_name="keras-textgan-srgan")
    try:
        made = hub.create_repo(repository, private=private, exist_ok=True)
        hub.create_commit(
            made.repo_id,
            [
                huggingface_hub.CommitOperationAdd(name, folder / name)
                for name in names
            ],
            commit_message="Model, settings and card",
        )
    except (HTTPError, OSError, ValueError) as error:
        raise RuntimeFailure(
            f"{folder} is written but could not be pushed to {repository}: "
            f"{printable(error)}"
        ) from error
    return str(made)
