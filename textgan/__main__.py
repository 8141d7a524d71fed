"""python -m textgan COMMAND: what there is to do with a trained text generator."""

from __future__ import annotations

import sys

from gancore.cli.dispatch import Command, run_command

COMMANDS = {
    "download": Command(
        "textgan.commands.download",
        "TextDownloadOptions",
        "Gets Kaggle's Short Jokes.",
    ),
    "generate": Command(
        "textgan.commands.generate",
        "GenerateOptions",
        "Writes jokes, one to a line.",
    ),
    "evaluate": Command(
        "textgan.commands.evaluate",
        "EvaluateOptions",
        "Scores what a model writes, and how likely it takes validation texts.",
    ),
    "benchmark": Command(
        "textgan.commands.benchmark",
        "BenchmarkOptions",
        "Scores models at several temperatures beside real texts and n-grams.",
    ),
    "oracle": Command(
        "textgan.commands.oracle",
        "OracleOptions",
        "Writes texts of a known language, or scores a model that learnt them.",
    ),
    "export": Command(
        "textgan.commands.export",
        "ExportOptions",
        "Writes a model as ONNX, LiteRT or SavedModel, and tries it there.",
    ),
    "convert": Command(
        "textgan.commands.convert",
        "ConvertOptions",
        "Writes a file of an older version anew, for every Keras.",
    ),
    "publish": Command(
        "textgan.commands.publish",
        "PublishOptions",
        "Writes a folder for the Hugging Face Hub, and pushes it there.",
    ),
    "demo": Command(
        "textgan.commands.demo",
        "DemoOptions",
        "Serves a web page that writes jokes, on this machine.",
    ),
}
SCRIPTS = {
    "train_textgan.py": Command(
        "textgan.config", "Config", "Trains.", presets_in="textgan.presets"
    )
}


def main(program: str = "textgan") -> int:
    """Runs the command that the words of the command line name."""
    return run_command(program, COMMANDS, scripts=SCRIPTS)


if __name__ == "__main__":
    sys.exit(main("python -m textgan"))
