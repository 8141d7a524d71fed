"""The command `publish`: an enlarger with its card, for the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gancore.errors import UserError, printable
from gancore.hub.model_card import Card, details, told_data
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
enlarge = keras.saving.load_model(f"{folder}/model.h5")
photo = np.asarray(Image.open("photo.jpg").convert("RGB"), "float32")[None]
NOISElarge = enlarge.predict(GIVEN, verbose=0)[0]  # RGB, 0..255 up to overshoot
large = np.clip(np.round(large), 0, 255).astype("uint8")
Image.fromarray(large).save("large.png")
"""


def run(options: PublishOptions) -> int:
    """Writes the folder, and pushes it if that is asked for.

    Returns:
        0.
    """
    options.check()
    tf_setup.start(0)

    from gancore.saving.model_io import provenance_of
    from gancore.saving.model_loading import holds_network
    from gancore.saving.safe_h5 import opened
    from srgan.inference.load import SHIPPED, find, load, scale_of

    path = find(options.model)
    enlarger = load(options.model)
    with opened(path) as checked:
        provenance = provenance_of(checked)
        has_network = holds_network(checked)
    if not has_network:
        raise UserError(
            f"{path} holds weights without their network; make a whole model "
            "of them by python -m srgan convert"
        )
    scale = scale_of(enlarger)
    publish(
        options,
        path,
        {**provenance, "scale": scale},
        _card(enlarger, scale, provenance),
        "apache-2.0" if options.model in SHIPPED else None,
    )
    return 0


def _card(enlarger: keras.Model, scale: int, facts: dict[str, Any]) -> Card:
    from srgan.inference.load import noise_channels

    config = facts.get("config", {})
    judged = bool(config.get("adversarial_epochs"))
    trained = {
        True: "with a judge, so it is sharper and invents detail",
        False: "on pixels, so it is faithful and soft",
    }
    sentence = f"Enlarges photographs {scale} times"
    if config:
        sentence += f"; trained {trained[judged]}"
    limits = [
        "It knows pictures that were made small as those it learnt from; of "
        "others it enlarges noise, blur and JPEG blocks like the rest."
    ]
    if judged or not config:
        limits.append(
            "It may add strokes that were never there; do not use it where a "
            "picture is evidence."
        )
    table = details(
        {
            "network": f"{enlarger.count_params():,} weights",
            "data": told_data(facts.get("data", {})),
            "made small by": printable(config.get("degradation", "unknown")),
        }
    )
    channels = noise_channels(enlarger)
    noise, given = "", "photo"
    if channels:
        shape = f"(*photo.shape[:3], {channels})"
        noise, given = (
            f"noise = np.random.normal(size={shape})\n",
            "[photo, noise]",
        )
    return Card(
        task="image-to-image",
        tags=("super-resolution", "srgan" if judged else "srresnet"),
        about=f"{sentence}.\n\n{table}\n\nLimits: {' '.join(limits)}",
        scores=_SCORES,
        example=_EXAMPLE.replace("NOISE", noise).replace("GIVEN", given),
    )
