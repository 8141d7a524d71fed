"""Megapixels of input that `compact-x4` upscales a second, tile by tile.

Compared with one plain call of the same network in Keras and in ONNX Runtime,
which upscale 0.25 megapixels at once, since larger images take gigabytes, and
with products of large matrices, in the same rounds. Takes the extra `export`.
On a busy machine `--cpu_time` compares the work itself: one thread each.

python benchmarks/upscaling.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from matrix_product import matrix_product
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

from gancore.io.tables import Row
from gancore.training import tf_setup
from srgan import load
from srgan.commands.export import ExportOptions
from srgan.commands.export import run as export
from srgan.inference.tiled_upscaler import TiledUpscaler

_MODEL = "compact-x4"
# An image of each size, as wide as high.
_SIDES = {"0.25": 512, "1": 1024, "4": 2048, "16": 4096}


def random_image(side: int) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (side, side, 3)).astype("uint8")


def plain_call(
    model: keras.Model, image: np.ndarray
) -> Callable[[], np.ndarray]:
    batch = image[None].astype("float32")

    def run() -> np.ndarray:
        high = model.predict_on_batch(batch)[0]
        return np.clip(np.round(high), 0, 255).astype("uint8")

    return run


def onnx_call(image: np.ndarray, threads: int) -> Callable[[], np.ndarray]:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export(ExportOptions(model=_MODEL, output=str(path)))
        session = onnxruntime.InferenceSession(
            path.read_bytes(), settings, providers=["CPUExecutionProvider"]
        )
    batch = {"low": image[None].astype("float32")}

    def run() -> np.ndarray:
        (high,) = session.run(None, batch)
        return np.clip(np.round(high[0]), 0, 255).astype("uint8")

    return run


def streamed(
    upscaler: TiledUpscaler, image: np.ndarray
) -> Callable[[], object]:
    def run() -> None:
        for _ in upscaler.bands(image):
            pass

    return run


def gflop_per_megapixel(model: keras.Model) -> float:
    """Counts the operations of convolutions at the input's resolution."""
    kernels = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    weights = sum(
        np.prod(layer.kernel.shape)
        for layer in model.layers
        if isinstance(layer, kernels)
    )
    return 2 * float(weights) / 1e3


def main() -> None:
    parser = make_parser(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument(
        "--megapixels", nargs="+", default=["0.25", "1", "4"], choices=_SIDES
    )
    parser.add_argument(
        "--cpu_time",
        action="store_true",
        help="use one thread, and measure the time of the processor",
    )
    options = parser.parse_args()
    if options.cpu_time:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tf_setup.set_up_inference(0)
    products, product_gflop = matrix_product("float32")
    network = load(_MODEL)
    upscaler = TiledUpscaler(network)
    image = random_image(_SIDES["0.25"])
    plain = plain_call(network, image)
    peers: dict[str, Callable[[], np.ndarray]] = {
        "Keras' call": plain,
        "ONNX Runtime": onnx_call(image, int(options.cpu_time)),
    }
    ours = np.concatenate(list(upscaler.bands(image)))
    gap = np.abs(plain().astype(int) - ours).max()
    print(f"largest difference from Keras' call: {gap} levels", flush=True)

    rows: list[Row] = []
    for size in options.megapixels:
        side = _SIDES[size]
        seconds = time_alternately(
            {
                "ours": streamed(upscaler, random_image(side)),
                **peers,
                "products": products,
            },
            options.rounds,
            warm=not rows,
            clock=time.process_time if options.cpu_time else time.perf_counter,
        )
        rates = {
            name: [image.size / 3e6 / s for s in times]
            for name, times in seconds.items()
        }
        rates["ours"] = [side**2 / 1e6 / s for s in seconds["ours"]]
        gflop = gflop_per_megapixel(network)
        reached = [rate * gflop for rate in rates["ours"]]
        most = [product_gflop / s for s in seconds["products"]]
        rows.append(
            {
                "MPix of input": size,
                "MPix/s": median_and_range(rates["ours"]),
                **{
                    f"times as fast as {peer}": median_and_range(
                        ratios(rates["ours"], rates[peer])
                    )
                    for peer in peers
                },
                "share of matrix products": median_and_range(
                    ratios(reached, most)
                ),
            }
        )
        print(rows[-1], flush=True)
    report("upscaling", rows, options.write)


if __name__ == "__main__":
    main()
