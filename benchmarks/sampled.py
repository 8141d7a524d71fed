"""What it is worth to tell a word from a few others of a large vocabulary.

Steps by likelihood with the default networks and the words of the full jokes
file.

python benchmarks/sampled.py
"""

from __future__ import annotations

from knobs import texts
from racing import options_of, publish, race, ratios, spread

from gancore.training import tf_setup

_WORDS = 22_784


def main() -> None:
    options = options_of(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    few = (1_024, 4_096)
    seconds = race(
        {count: texts(_WORDS, count) for count in (0, *few)}, options.rounds
    )
    row = {"words of the vocabulary": f"{_WORDS:,}"}
    for count in few:
        row[f"times as fast by --sampled_softmax {count}"] = spread(
            ratios(seconds[0], seconds[count])
        )
    publish("sampled", [row], options.write)


if __name__ == "__main__":
    main()
