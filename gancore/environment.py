"""Records the environment of a measurement: command, date and hardware."""

from __future__ import annotations

import os
import platform
import shlex
import time
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from gancore import __version__
from gancore.config_fields import flat_dict, flat_fields


def environment_of_run(command: str) -> dict[str, str]:
    """Returns what a reader needs to assess or repeat a measurement.

    Args:
        command: Command line, as `command_line` formats it.
    """
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "?")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return {
        "command": f"`{command}`",
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "GPU": ", ".join(gpus) or "none",
        "software": (
            f"this project {__version__}, Keras {keras.__version__}, "
            f"TensorFlow {tf.__version__}, Python {platform.python_version()}"
        ),
    }


def command_line(program: str, options: Any) -> str:
    """Formats options as a shell command without those at their defaults.

    Args:
        program: Words before the options, such as `python -m srgan evaluate`.
        options: A dataclass made of `option` and `positional`.
    """
    words = shlex.split(program)
    own = vars(type(options))
    values = flat_dict(options)
    # Positional arguments first, which a flag of several values would take;
    # then flags in the order of `--help`.
    for field in sorted(
        flat_fields(options),
        key=lambda f: (bool(f.metadata["group"]), f.name not in own),
    ):
        value = values[field.name]
        if value == field.default:
            continue
        if field.metadata["group"]:
            negative = "no-" if value is False else ""
            words.append(f"--{negative}{field.name}")
        if not isinstance(value, bool):
            several = value if isinstance(value, tuple) else (value,)
            words += map(str, several)
    return shlex.join(words)


def processor() -> str:
    """Returns the model name of the CPU."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
