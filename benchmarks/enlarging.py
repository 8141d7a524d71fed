"""Output megapixels per second of the SR model, against Keras' own call.

The paper's network with normalisation, 16 blocks of 64 filters, x4, as the
networks that are compared with in the field are.

python benchmarks/upscaling.py
"""

from __future__ import annotations

import numpy as np
from racing import options_of, publish, race, ratios, spread

from gancore.training import tf_setup
from srgan import Generator
from srgan.inference.tiled_upscaler import TiledUpscaler

_SCALE, _SIZE = 4, 192


def main() -> None:
    options = options_of(__doc__).parse_args()
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
    seconds = race({"plain": plain, "ours": ours}, options.rounds)
    pixels = (_SCALE * _SIZE) ** 2 / 1e6
    row = {
        "Keras' call, MPix/s": spread([pixels / s for s in seconds["plain"]]),
        "ours, MPix/s": spread([pixels / s for s in seconds["ours"]]),
        "times as fast": spread(ratios(seconds["plain"], seconds["ours"])),
        "largest difference, levels": str(gap),
    }
    publish("upscaling", [row], options.write)


if __name__ == "__main__":
    main()
