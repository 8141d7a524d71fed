"""Opens an untrusted `.h5` file, after its structure was checked.

The file is read once, into memory: what was checked is what is used, even if
the file on disk changes.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from gancore.errors import UserError, printable
from gancore.saving.h5_inspection import UnsafeFileError, check_structure

# More than the largest model of Keras Applications takes.
MAX_BYTES = 2 * 2**30

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_GIT_LFS = b"version https://git-lfs"
# What h5py raises on damaged files.
H5_ERRORS = (
    OSError, RuntimeError, ValueError, LookupError, TypeError, MemoryError,
    OverflowError,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class CheckedFile:
    """An open `.h5` whose structure is safe; its content may be wrong.

    Attributes:
        path: Where it was read from, for messages.
        file: The copy in memory.
    """

    path: Path
    file: h5py.File

    def text(self, name: str) -> str | None:
        """Reads a string attribute of the file.

        Returns:
            The string, `None` if there is no such attribute.

        Raises:
            UserError: If it is not a string.
        """
        try:
            value = self.file.attrs.get(name)
            # Keras writes bytes, this project writes text.
            if isinstance(value, bytes):
                value = value.decode()
        except H5_ERRORS as error:
            raise _damaged(self.path, error) from error
        if not isinstance(value, str | None):
            raise UserError(f"the attribute {name} of {self.path} is not text")
        return value


@contextmanager
def open_checked(path: Path) -> Iterator[CheckedFile]:
    """Opens an `.h5` file, or a `.keras` file as one, for reading.

    Args:
        path: File to open.

    Yields:
        The file, in which no link leads elsewhere, no array is larger than
        its stored data, and nothing is compressed.

    Raises:
        UserError: If it is neither, or is damaged or unsafe.
    """
    image = _read(path)
    try:
        file = h5py.File(h5py.h5f.open_file_image(image))
    except H5_ERRORS as error:
        raise _damaged(path, error) from error
    with file:
        try:
            check_structure(file, image)
        except UnsafeFileError as error:
            raise UserError(
                f"{path} is refused: {printable(error)}; see SECURITY.md"
            ) from error
        except H5_ERRORS as error:
            raise _damaged(path, error) from error
        # HDF5 has a copy of its own.
        del image
        yield CheckedFile(path, file)


def _damaged(path: Path, error: Exception) -> UserError:
    reason = printable(error)
    return UserError(f"{path} is truncated or damaged: {reason}")


def _from_archive(path: Path, archive: bytes) -> bytes:
    """Converts a `.keras` file to an `.h5` file."""
    # Keras takes seconds to import, and an .h5 of metadata does not need it.
    from gancore.saving.config_allowlist import UnsafeConfigError
    from gancore.saving.keras_archive import to_h5_image

    try:
        return to_h5_image(archive, MAX_BYTES)
    except (UnsafeConfigError, UnsafeFileError) as error:
        raise UserError(
            f"{path} is refused: {printable(error)}; see SECURITY.md"
        ) from error
    # An untrusted file can fail in any way while Keras builds it.
    except Exception as error:
        raise UserError(
            f"Keras cannot load {path}: {printable(error)}"
        ) from error


def _read(path: Path) -> bytes:
    """Reads an `.h5`, or a `.keras` as an `.h5`, that is not too large."""
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is not a file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise UserError(
                    f"{path} is larger than the {MAX_BYTES / 2**30:g} GiB "
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
    if image.startswith(_ZIP) and path.suffix == ".keras":
        image = _from_archive(path, image)
    if not image.startswith(_SIGNATURE):
        reason = "is not an HDF5 (.h5) file" if image else "is empty"
        raise UserError(f"{path} {reason}")
    return image
