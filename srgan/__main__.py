"""python -m srgan COMMAND: what there is to do with a trained SR model."""

from __future__ import annotations

import sys

from gancore.cli.dispatch import Command, run_command

COMMANDS = {
    "download": Command(
        "srgan.commands.download",
        "ImageDownloadOptions",
        "Gets the photographs of DIV2K.",
    ),
    "prepare": Command(
        "srgan.commands.prepare",
        "PrepareOptions",
        "Cuts a folder of images into shards of sub-images.",
    ),
    "upscale": Command(
        "srgan.commands.upscale",
        "UpscaleOptions",
        "Upscales image files.",
    ),
    "evaluate": Command(
        "srgan.commands.evaluate",
        "EvaluateOptions",
        "Scores a model on folders of images, image by image.",
    ),
    "benchmark": Command(
        "srgan.commands.benchmark",
        "BenchmarkOptions",
        "Compares models with each other: scores, speeds and a figure.",
    ),
    "convert": Command(
        "srgan.commands.convert",
        "ConvertOptions",
        "Makes a plain Keras .h5 out of old SRResNet weights.",
    ),
    "interpolate": Command(
        "srgan.commands.interpolate",
        "InterpolateOptions",
        "Mixes the weights of two models of one design.",
    ),
    "export": Command(
        "srgan.commands.export",
        "ExportOptions",
        "Writes a model as ONNX, LiteRT or SavedModel, and tries it there.",
    ),
    "publish": Command(
        "srgan.commands.publish",
        "PublishOptions",
        "Writes a folder for the Hugging Face Hub, and pushes it there.",
    ),
    "demo": Command(
        "srgan.commands.demo",
        "DemoOptions",
        "Serves a web page that upscales a photograph, on this machine.",
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
