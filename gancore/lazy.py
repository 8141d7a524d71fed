"""What is imported on first use: public names, and packages of an extra."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

from gancore.errors import UserError


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Makes a package's `__getattr__` (PEP 562).

    Args:
        package: The package's `__name__`.
        homes: Module in which each public name lives.
    """

    def getattr_(name: str) -> Any:
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}"
            )
        return getattr(importlib.import_module(homes[name]), name)

    return getattr_


def require(*modules: str, extra: str) -> None:
    """Checks that packages are there which an extra of this project brings.

    Args:
        *modules: Names of modules; none is imported.
        extra: The extra that brings them.

    Raises:
        UserError: If one is not installed.
    """
    missing = [name for name in modules if not installed(name)]
    if missing:
        raise UserError(
            f"this needs {' and '.join(missing)}, which is not installed; "
            f'pip install "keras-textgan-srgan[{extra}]" brings it'
        )


def installed(module: str) -> bool:
    """Tells whether a module can be imported, without importing it.

    A bare folder of that name, such as W&B leaves behind, is none.
    """
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None
