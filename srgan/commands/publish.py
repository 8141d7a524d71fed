"""The command `publish`: an SR model with its card, for the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gancore.errors import UserError, printable
from gancore.hub.model_card import Card, data_summary, details
from gancore.hub.publish import PublishOptions, publish
from gancore.training import tf_setup

if TYPE_CHECKING:
    import keras

__all__ = ["PublishOptions", "run"]

_SCORES = {
    "val_psnr": "PSNR, dB on Y",
    "val_ssim": "SSIM on Y",
    "val_perceptual": "distance of features",
}
_EXAMPLE = """
import keras
import numpy as np
from PIL import Image

folder = FOLDER
upscale = keras.saving.load_model(f"{folder}/model.h5")
photo = np.asarray(Image.open("photo.jpg").convert("RGB"), "float32")[None]
NOISElarge = upscale.predict(GIVEN, verbose=0)[0]  # RGB, 0..255 up to overshoot
large = np.clip(np.round(large), 0, 255).astype("uint8")
Image.fromarray(large).save("large.png")
"""


def run(options: PublishOptions) -> int:
    """Writes the folder, and pushes it if that is asked for.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.model_loading import holds_network
    from gancore.saving.safe_h5 import open_checked
    from srgan.inference.load import PRETRAINED, find_weights, load, scale_of

    path = find_weights(options.model)
    upscaler = load(options.model)
    with open_checked(path) as checked:
        provenance = get_metadata(checked)
        has_network = holds_network(checked)
    if not has_network:
        raise UserError(
            f"{path} holds weights without their network; make a whole model "
            "of them by python -m srgan convert"
        )
    scale = scale_of(upscaler)
    publish(
        options,
        path,
        {**provenance, "scale": scale},
        _card(upscaler, scale, provenance),
        "apache-2.0" if options.model in PRETRAINED else None,
    )
    return 0


def _card(upscaler: keras.Model, scale: int, facts: dict[str, Any]) -> Card:
    from srgan.inference.load import noise_channels

    config = facts.get("config", {})
    scored = bool(config.get("adversarial_epochs"))
    trained = {
        True: "with a discriminator, so it is sharper and invents detail",
        False: "on pixels, so it is faithful and soft",
    }
    sentence = f"Upscales photographs {scale} times"
    if config:
        sentence += f"; trained {trained[scored]}"
    limits = [
        "It knows images that were made small as those it learnt from; of "
        "others it upscales noise, blur and JPEG blocks like the rest."
    ]
    if scored or not config:
        limits.append(
            "It may add strokes that were never there; do not use it where a "
            "image is evidence."
        )
    table = details(
        {
            "network": f"{upscaler.count_params():,} weights",
            "data": data_summary(facts.get("data", {})),
            "made small by": printable(config.get("degradation", "unknown")),
        }
    )
    channels = noise_channels(upscaler)
    noise, given = "", "photo"
    if channels:
        shape = f"(*photo.shape[:3], {channels})"
        noise, given = (
            f"noise = np.random.normal(size={shape})\n",
            "[photo, noise]",
        )
    return Card(
        task="image-to-image",
        tags=("super-resolution", "srgan" if scored else "srresnet"),
        about=f"{sentence}.\n\n{table}\n\nLimits: {' '.join(limits)}",
        scores=_SCORES,
        example=_EXAMPLE.replace("NOISE", noise).replace("GIVEN", given),
    )
