"""Opens an `.h5` from anyone, and only after a look at its structure.

The file is read once, into memory: what was checked is what is used, whatever
becomes of the file on the disk.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from gancore.errors import UserError, printable
from gancore.saving.h5_inspection import UnsafeFileError, inspect

# Larger than any network that Keras' applications know.
MOST_BYTES = 2 * 2**30

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_GIT_LFS = b"version https://git-lfs"
# What h5py raises when the bytes make no sense.
DAMAGE = (
    OSError, RuntimeError, ValueError, LookupError, TypeError, MemoryError,
    OverflowError,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class CheckedFile:
    """An open `.h5` whose structure is harmless; its content may be wrong.

    Attributes:
        path: Where it was read, for messages.
        file: The copy in memory.
    """

    path: Path
    file: h5py.File

    def text(self, name: str) -> str | None:
        """Gives a text attribute of the file, `None` if there is none.

        Raises:
            UserError: If it is no text.
        """
        try:
            value = self.file.attrs.get(name)
            # Keras writes bytes, this project text.
            if isinstance(value, bytes):
                value = value.decode()
        except DAMAGE as error:
            raise _damaged(self.path, error) from error
        if not isinstance(value, str | None):
            raise UserError(f"the attribute {name} of {self.path} is no text")
        return value


@contextmanager
def open_checked(path: Path) -> Iterator[CheckedFile]:
    """Opens an `.h5` for reading.

    Args:
        path: Of the file.

    Yields:
        The file, of which no link leads elsewhere, no array is larger than
        what is stored of it, and nothing has to be unpacked.

    Raises:
        UserError: If it is no `.h5`, damaged, or refused.
    """
    image = _read(path)
    try:
        file = h5py.File(h5py.h5f.open_file_image(image))
    except DAMAGE as error:
        raise _damaged(path, error) from error
    with file:
        try:
            inspect(file, image)
        except UnsafeFileError as error:
            raise UserError(
                f"{path} is refused: {printable(error)}; see SECURITY.md"
            ) from error
        except DAMAGE as error:
            raise _damaged(path, error) from error
        # HDF5 has a copy of its own.
        del image
        yield CheckedFile(path, file)


def _damaged(path: Path, error: Exception) -> UserError:
    reason = printable(error)
    return UserError(f"{path} is truncated or damaged: {reason}")


def _read(path: Path) -> bytes:
    """Reads a file that begins like HDF5 and is not too large."""
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is not a file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise UserError(
                    f"{path} is larger than the {MOST_BYTES / 2**30:g} GiB "
                    "that a network may have"
                )
            image = file.read(size)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if image.startswith(_GIT_LFS):
        raise UserError(
            f"{path} is a git-LFS pointer, not the file itself; run "
            "`git lfs pull` where it comes from"
        )
    if not image.startswith(_SIGNATURE):
        what = "is not an HDF5 (.h5) file" if image else "is empty"
        raise UserError(f"{path} {what}")
    return image
