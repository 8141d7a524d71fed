"""python -m srgan COMMAND: trains an SR model, and uses a trained one."""

from __future__ import annotations

import sys

from gancore.cli.dispatch import Command, run_command
from gancore.training.run_dir import resolve_resume

TRAIN = Command(
    "srgan.commands.train",
    "Config",
    "Trains a GAN on images, and saves it and figures of upscaled images.",
    presets_in="srgan.presets",
    finalize=resolve_resume,
)
COMMANDS = {
    "train": TRAIN,
    "download": Command(
        "srgan.commands.download",
        "ImageDownloadOptions",
        "Downloads the photographs of DIV2K.",
    ),
    "prepare": Command(
        "srgan.commands.prepare",
        "PrepareOptions",
        "Cuts a folder of images into shards of sub-images.",
    ),
    "upscale": Command(
        "srgan.commands.upscale",
        "UpscaleOptions",
        "Upscales image files, by default with photo-x4.",
    ),
    "evaluate": Command(
        "srgan.commands.evaluate",
        "EvaluateOptions",
        "Scores a model on test sets, image by image.",
    ),
    "benchmark": Command(
        "srgan.commands.benchmark",
        "BenchmarkOptions",
        "Compares models: scores, speeds and a figure of crops.",
    ),
    "convert": Command(
        "srgan.commands.convert",
        "ConvertOptions",
        "Converts SRResNet weights, or an .h5 of version 0.1, to today's .h5.",
    ),
    "interpolate": Command(
        "srgan.commands.interpolate",
        "InterpolateOptions",
        "Interpolates the weights of two models of one architecture.",
    ),
    "export": Command(
        "srgan.commands.export",
        "ExportOptions",
        "Exports a model to ONNX, LiteRT or SavedModel, and verifies it.",
    ),
    "publish": Command(
        "srgan.commands.publish",
        "PublishOptions",
        "Writes a folder for the Hugging Face Hub; --push uploads it.",
    ),
    "demo": Command(
        "srgan.commands.demo",
        "DemoOptions",
        "Serves a local web page that upscales photos.",
    ),
}
SCRIPTS = {"train_srgan.py": TRAIN}


def main(program: str = "srgan") -> int:
    """Runs the command that the first argument names."""
    return run_command(program, COMMANDS, scripts=SCRIPTS)


if __name__ == "__main__":
    sys.exit(main("python -m srgan"))
