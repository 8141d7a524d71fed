"""The command `publish`: a text generator with its card, for the Hub."""

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
    words = json.load(file)["vocabulary"]
next_word = keras.saving.load_model(f"{folder}/model.h5")
random = np.random.default_rng()
CODEids = [2]  # <s>
while ids[-1] != 3 and len(ids) < LONGEST:  # </s>
    logits = next_word.predict_on_batch(GIVEN)[0, -1].astype("float64") / 0.7
    logits[[0, 1, 2]] = -np.inf  # <pad>, <unk>, <s>
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    ids.append(int(random.choice(len(words), p=chances)))
print("JOIN".join(words[i] for i in ids[1:] if i != 3))
"""


def run(options: PublishOptions) -> int:
    """Writes the folder, and pushes it if that is asked for.

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
        facts = get_metadata(checked)
    publish(
        options,
        path,
        facts,
        _card(generator, facts),
        "apache-2.0" if options.model in PRETRAINED else None,
    )
    return 0


def _card(generator: Generator, facts: dict[str, Any]) -> Card:
    tokens = {"word": "words and marks", "char": "characters"}
    level = facts.get("level", "word")
    table = details(
        {
            "network": (
                f"an LSTM of {generator.count_params():,} weights that knows "
                f"{generator.vocabulary_size:,} {tokens[level]}"
            ),
            "data": data_summary(facts.get("data", {})),
        }
    )
    limits = (
        "Limits: what it says of anyone is made up, and nothing in the file "
        "keeps it from being unkind. The example does not restore spaces and "
        "capitals as the project does."
    )
    latent = generator.latent_dim
    code = f"code = random.uniform(-1, 1, (1, {latent}))\n" if latent else ""
    given = "[np.array([ids]), code]" if latent else "np.array([ids])"
    example = (
        _EXAMPLE.replace("CODE", code)
        .replace("GIVEN", given)
        .replace("JOIN", " " if level == "word" else "")
        .replace("LONGEST", "100" if level == "word" else "500")
    )
    return Card(
        task="text-generation",
        tags=("lstm", "textgan"),
        about=f"Writes short texts like those it learnt from.\n\n{table}\n\n"
        f"{limits}",
        scores=_SCORES,
        example=example,
    )
