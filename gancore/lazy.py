"""Imports on first use: public names, and packages of an extra."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

from gancore.errors import UserError


def lazy_names(
    package: str, modules: Mapping[str, str]
) -> Callable[[str], Any]:
    """Builds the `__getattr__` of a package (PEP 562).

    Args:
        package: The package's `__name__`.
        modules: Public name -> module that defines it.
    """

    def getattr_(name: str) -> Any:
        if name not in modules:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}"
            )
        return getattr(importlib.import_module(modules[name]), name)

    return getattr_


def require(*modules: str, extra: str) -> None:
    """Checks that the packages of an extra of this project are installed.

    Args:
        *modules: Names of modules; none is imported.
        extra: Name of the extra.

    Raises:
        UserError: If one is not installed.
    """
    missing = [name for name in modules if not installed(name)]
    if missing:
        raise UserError(
            f"this needs {' and '.join(missing)}, which is not installed; "
            f'pip install "keras-textgan-srgan[{extra}]" installs it'
        )


def installed(module: str) -> bool:
    """Checks whether a module can be imported, without importing it.

    A bare folder of that name, such as W&B creates, does not count.
    """
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None
