"""Words per second of the writer, against reading the text anew for each word.

python benchmarks/generation.py --model model.h5
"""

from __future__ import annotations

import numpy as np
from racing import options_of, publish, race, ratios, spread

from gancore.training import tf_setup
from textgan.data.vocabulary import END, START
from textgan.inference.samplers import Temperature
from textgan.inference.text_generator import Writer

# Texts the slow way takes as long for as the fast way for its own.
_FEW, _MANY = 6, 768


def naive(writer: Writer, count: int) -> int:
    """Writes as tutorials do: one text, the whole of it read for each word."""
    words = 0
    for number in range(count):
        chance = np.random.default_rng(number)
        ids = [START]
        while len(ids) <= writer.max_length:
            logits = writer.generator(np.array([ids]), training=False)
            word = writer.sampler(logits.numpy()[:, -1], chance.random(1))[0]
            words += 1
            if word == END:
                break
            ids.append(int(word))
    return words


def ours(writer: Writer, count: int) -> int:
    """Writes as `python -m textgan generate` does."""
    split = writer.vocabulary.encode
    return sum(1 + len(split(j.split())) for j in writer.jokes(range(count)))


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--model", default="jokes")
    options = parser.parse_args()
    tf_setup.start(0)
    from textgan.inference.load import load

    writer = load(options.model, sampler=Temperature(), batch_size=256)
    counts = {"naive": naive(writer, _FEW), "ours": ours(writer, _MANY)}
    seconds = race(
        {
            "naive": lambda: naive(writer, _FEW),
            "ours": lambda: ours(writer, _MANY),
        },
        options.rounds,
    )
    speeds = {
        name: [counts[name] / s for s in seconds[name]] for name in counts
    }
    row = {
        "each text anew, words/s": spread(speeds["naive"], 0),
        "ours, words/s": spread(speeds["ours"], 0),
        "times as fast": spread(ratios(speeds["ours"], speeds["naive"]), 0),
    }
    publish("generation", [row], options.write)


if __name__ == "__main__":
    main()
