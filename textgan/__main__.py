"""python -m textgan COMMAND: what there is to do with a trained writer."""

from __future__ import annotations

import sys

from adversarial.commands import Command, run_command

COMMANDS = {
    "generate": Command(
        "textgan.generate", "GenerateOptions", "Writes jokes, one to a line."
    ),
}

if __name__ == "__main__":
    sys.exit(run_command("python -m textgan", COMMANDS))
