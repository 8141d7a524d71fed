"""python -m textgan COMMAND: trains a text generator, or uses one."""

from __future__ import annotations

import sys

from gancore.cli.dispatch import Command, run_command
from gancore.training.run_dir import resolve_resume

TRAIN = Command(
    "textgan.commands.train",
    "Config",
    "Trains a GAN on texts, saves it and generates one text.",
    presets_in="textgan.presets",
    finalize=resolve_resume,
)
COMMANDS = {
    "train": TRAIN,
    "download": Command(
        "textgan.commands.download",
        "TextDownloadOptions",
        "Downloads Kaggle's Short Jokes.",
    ),
    "generate": Command(
        "textgan.commands.generate",
        "GenerateOptions",
        "Generates texts, one per line.",
    ),
    "evaluate": Command(
        "textgan.commands.evaluate",
        "EvaluateOptions",
        "Evaluates a model, or files of texts: perplexity and scores.",
    ),
    "benchmark": Command(
        "textgan.commands.benchmark",
        "BenchmarkOptions",
        "Compares models at several temperatures with real texts and n-grams.",
    ),
    "oracle": Command(
        "textgan.commands.oracle",
        "OracleOptions",
        "Samples texts from an oracle LSTM, or scores a model trained on them.",
    ),
    "export": Command(
        "textgan.commands.export",
        "ExportOptions",
        "Exports a model to ONNX, LiteRT or SavedModel, and verifies it.",
    ),
    "convert": Command(
        "textgan.commands.convert",
        "ConvertOptions",
        "Converts an .h5 of version 0.1 to one that Keras 2.15 and later load.",
    ),
    "publish": Command(
        "textgan.commands.publish",
        "PublishOptions",
        "Writes a folder for the Hugging Face Hub; --push uploads it.",
    ),
    "demo": Command(
        "textgan.commands.demo",
        "DemoOptions",
        "Serves a local web page that generates jokes.",
    ),
}
SCRIPTS = {"train_textgan.py": TRAIN}


def main(program: str = "textgan") -> int:
    """Runs the command that the command line names."""
    return run_command(program, COMMANDS, scripts=SCRIPTS)


if __name__ == "__main__":
    sys.exit(main("python -m textgan"))
