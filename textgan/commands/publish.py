"""The command `publish`: a text generator with its model card, for the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gancore.hub.model_card import Card, data_summary, details
from gancore.hub.publish import PublishOptions, publish
from gancore.training import tf_setup

if TYPE_CHECKING:
    from textgan.models.generator import Generator

__all__ = ["PublishOptions", "run"]

_SCORES = {
    "val_nll": "nats per token",
    "val_perplexity": "perplexity per token",
}
_EXAMPLE = """
import json

import keras
import numpy as np

folder = FOLDER
with open(f"{folder}/config.json", encoding="utf-8") as file:
    vocabulary = json.load(file)["vocabulary"]
model = keras.saving.load_model(f"{folder}/model.h5")
random = np.random.default_rng()
CODEids = [2]  # <s>
while ids[-1] != 3 and len(ids) < MAX_LENGTH:  # </s>
    # The logits of the next token, at temperature 0.7.
    logits = model.predict_on_batch(INPUTS)[0, -1].astype("float64") / 0.7
    logits[[0, 1, 2]] = -np.inf  # <pad>, <unk>, <s>
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    ids.append(int(random.choice(len(vocabulary), p=probabilities)))
print("SEPARATOR".join(vocabulary[i] for i in ids[1:] if i != 3))
"""


def run(options: PublishOptions) -> int:
    """Writes the folder, and pushes it if asked to.

    Returns:
        0.
    """
    options.check()
    tf_setup.set_up_inference(0)

    from gancore.saving.model_io import get_metadata
    from gancore.saving.safe_h5 import open_checked
    from textgan.inference.load import PRETRAINED, find_weights, load

    path = find_weights(options.model)
    generator = load(options.model).generator
    with open_checked(path) as checked:
        metadata = get_metadata(checked)
    publish(
        options,
        path,
        metadata,
        _card(generator, metadata),
        "apache-2.0" if options.model in PRETRAINED else None,
    )
    return 0


def _card(generator: Generator, metadata: dict[str, Any]) -> Card:
    tokens = {"word": "word tokens", "char": "characters"}
    level = metadata.get("level", "word")
    table = details(
        {
            "network": f"LSTM with {generator.count_params():,} parameters",
            "vocabulary": f"{generator.vocabulary_size:,} {tokens[level]}",
            "data": data_summary(metadata.get("data", {})),
        }
    )
    limits = (
        "Limits: what it generates about anyone is made up, and nothing "
        "in the file filters profanity. The example does not detokenize the "
        "text as the project does."
    )
    latent = generator.latent_dim
    code = f"code = random.uniform(-1, 1, (1, {latent}))\n" if latent else ""
    inputs = "[np.array([ids]), code]" if latent else "np.array([ids])"
    example = (
        _EXAMPLE.replace("CODE", code)
        .replace("INPUTS", inputs)
        .replace("SEPARATOR", " " if level == "word" else "")
        .replace("MAX_LENGTH", "100" if level == "word" else "500")
    )
    return Card(
        task="text-generation",
        tags=("lstm", "textgan"),
        about=f"Generates short texts like those of its training set.\n\n"
        f"{table}\n\n{limits}",
        scores=_SCORES,
        example=example,
    )
