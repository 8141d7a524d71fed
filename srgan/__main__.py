"""python -m srgan COMMAND: what there is to do with a trained enlarger."""

from __future__ import annotations

import sys

from adversarial.commands import Command, run_command

COMMANDS = {
    "prepare": Command(
        "srgan.shards.prepare",
        "PrepareOptions",
        "Cuts a folder of pictures into shards of sub-images.",
    ),
    "upscale": Command(
        "srgan.enlarging.upscale_files",
        "UpscaleOptions",
        "Enlarges picture files.",
    ),
    "evaluate": Command(
        "srgan.measuring.evaluate",
        "EvaluateOptions",
        "Scores a model on folders of pictures, picture by picture.",
    ),
    "benchmark": Command(
        "srgan.measuring.benchmark",
        "BenchmarkOptions",
        "Compares models with each other: scores, speeds and a figure.",
    ),
    "convert": Command(
        "srgan.convert",
        "ConvertOptions",
        "Makes a plain Keras .h5 out of old SRResNet weights.",
    ),
    "interpolate": Command(
        "srgan.interpolate",
        "InterpolateOptions",
        "Mixes the weights of two models of one design.",
    ),
}
SCRIPTS = {
    "train_srgan.py": Command(
        "srgan.config", "Config", "Trains.", presets_in="srgan.presets"
    )
}


def main(program: str = "srgan") -> int:
    """Runs the command that the words of the command line name."""
    return run_command(program, COMMANDS, scripts=SCRIPTS)


if __name__ == "__main__":
    sys.exit(main("python -m srgan"))
