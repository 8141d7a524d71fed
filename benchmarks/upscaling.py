"""Output megapixels per second of tiled upscaling, and of Keras' own call.

The generator of the paper with batch normalization: 16 blocks of 64 filters,
x4.

python benchmarks/upscaling.py
"""

from __future__ import annotations

import numpy as np
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

from gancore.training import tf_setup
from srgan import Generator
from srgan.inference.tiled_upscaler import TiledUpscaler

_SCALE, _SIZE = 4, 192


def main() -> None:
    options = make_parser(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    image = np.random.default_rng(0).integers(0, 256, (_SIZE, _SIZE, 3))
    image = image.astype("uint8")
    network = Generator(_SCALE, 16, 64, batch_norm=True)
    upscaler = TiledUpscaler(network)

    def plain() -> np.ndarray:
        high = network.predict_on_batch(image[None].astype("float32"))[0]
        return np.clip(np.round(high), 0, 255).astype("uint8")

    def ours() -> np.ndarray:
        return np.concatenate(list(upscaler.bands(image)))

    gap = np.abs(plain().astype(int) - ours()).max()
    seconds = time_alternately({"plain": plain, "ours": ours}, options.rounds)
    pixels = (_SCALE * _SIZE) ** 2 / 1e6
    row = {
        "Keras' call, MPix/s": median_and_range(
            [pixels / s for s in seconds["plain"]]
        ),
        "ours, MPix/s": median_and_range([pixels / s for s in seconds["ours"]]),
        "times as fast": median_and_range(
            ratios(seconds["plain"], seconds["ours"])
        ),
        "largest difference, levels": str(gap),
    }
    report("upscaling", [row], options.write)


if __name__ == "__main__":
    main()
