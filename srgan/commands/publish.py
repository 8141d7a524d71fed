"""The command `publish`: an SR model with its model card, for the Hub."""

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
    "val_perceptual": "perceptual distance",
}
_EXAMPLE = """
import keras
import numpy as np
from PIL import Image

folder = FOLDER
model = keras.saving.load_model(f"{folder}/model.h5")
lr = np.asarray(Image.open("photo.jpg").convert("RGB"), "float32")[None]
NOISEsr = model.predict(INPUTS, verbose=0)[0]  # RGB, 0..255 with overshoot
sr = np.clip(np.round(sr), 0, 255).astype("uint8")
Image.fromarray(sr).save("upscaled.png")
"""


def run(options: PublishOptions) -> int:
    """Writes the folder, and pushes it if asked to.

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
        metadata = get_metadata(checked)
        has_model = holds_network(checked)
    if not has_model:
        raise UserError(
            f"{path} holds weights without a model; convert it to a whole "
            "model with python -m srgan convert"
        )
    scale = scale_of(upscaler)
    publish(
        options,
        path,
        {**metadata, "scale": scale},
        _card(upscaler, scale, metadata),
        "apache-2.0" if options.model in PRETRAINED else None,
    )
    return 0


def _card(upscaler: keras.Model, scale: int, metadata: dict[str, Any]) -> Card:
    from srgan.inference.load import noise_channels

    config = metadata.get("config", {})
    adversarial = bool(config.get("adversarial_epochs"))
    training = {
        True: "fine-tuned against a discriminator, so it is sharper and "
        "invents detail",
        False: "trained with a pixel loss, so it is faithful and soft",
    }
    sentence = f"Upscales photos x{scale}"
    if config:
        sentence += f"; {training[adversarial]}"
    limits = [
        "It is trained for LR images with the degradation above; in others it "
        "also upscales noise, blur and JPEG artifacts."
    ]
    if adversarial or not config:
        limits.append(
            "It may add details that do not exist; do not use it where an "
            "image is evidence."
        )
    table = details(
        {
            "parameters": f"{upscaler.count_params():,}",
            "data": data_summary(metadata.get("data", {})),
            "degradation": printable(config.get("degradation", "unknown")),
        }
    )
    channels = noise_channels(upscaler)
    noise, inputs = "", "lr"
    if channels:
        shape = f"(*lr.shape[:3], {channels})"
        noise = f"noise = np.random.normal(size={shape})\n"
        inputs = "[lr, noise]"
    return Card(
        task="image-to-image",
        tags=("super-resolution", "srgan" if adversarial else "srresnet"),
        about=f"{sentence}.\n\n{table}\n\nLimits: {' '.join(limits)}",
        scores=_SCORES,
        example=_EXAMPLE.replace("NOISE", noise).replace("INPUTS", inputs),
    )
