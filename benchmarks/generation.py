"""Words per second of generation, against re-reading the prefix for each word.

python benchmarks/generation.py --model model.h5
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
from textgan.data.vocabulary import END, START
from textgan.inference.samplers import Temperature
from textgan.inference.text_generator import TextGenerator

# Numbers of texts that take the naive and the stateful way about as long.
_FEW, _MANY = 6, 768


def naive(text_generator: TextGenerator, count: int) -> int:
    """Generates one text at a time, reading the whole prefix for each word."""
    words = 0
    for number in range(count):
        random = np.random.default_rng(number)
        ids = [START]
        while len(ids) <= text_generator.max_length:
            logits = text_generator.generator(np.array([ids]), training=False)
            word = text_generator.sampler(
                logits.numpy()[:, -1], random.random(1)
            )[0]
            words += 1
            if word == END:
                break
            ids.append(int(word))
    return words


def ours(text_generator: TextGenerator, count: int) -> int:
    """Generates as `python -m textgan generate` does."""
    split = text_generator.vocabulary.encode
    return sum(
        1 + len(split(j.split()))
        for j in text_generator.generate_stream(range(count))
    )


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--model", default="jokes")
    options = parser.parse_args()
    tf_setup.set_up_inference(0)
    from textgan.inference.load import load

    text_generator = load(options.model, sampler=Temperature(), batch_size=256)
    counts = {
        "naive": naive(text_generator, _FEW),
        "ours": ours(text_generator, _MANY),
    }
    seconds = time_alternately(
        {
            "naive": lambda: naive(text_generator, _FEW),
            "ours": lambda: ours(text_generator, _MANY),
        },
        options.rounds,
    )
    speeds = {
        name: [counts[name] / s for s in seconds[name]] for name in counts
    }
    row = {
        "re-read prefix, words/s": median_and_range(speeds["naive"], 0),
        "ours, words/s": median_and_range(speeds["ours"], 0),
        "times as fast": median_and_range(
            ratios(speeds["ours"], speeds["naive"]), 0
        ),
    }
    report("generation", [row], options.write)


if __name__ == "__main__":
    main()
