"""Speed-up by sampled softmax, with a large vocabulary.

MLE steps with the default networks and the vocabulary of the full jokes file.

python benchmarks/sampled.py
"""

from __future__ import annotations

from options import texts
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

from gancore.training import tf_setup

_WORDS = 22_784


def main() -> None:
    options = make_parser(__doc__).parse_args()
    tf_setup.set_up_inference(0)
    few = (1_024, 4_096)
    seconds = time_alternately(
        {count: texts(_WORDS, count) for count in (0, *few)}, options.rounds
    )
    row = {"words of the vocabulary": f"{_WORDS:,}"}
    for count in few:
        row[f"times as fast by --sampled_softmax {count}"] = median_and_range(
            ratios(seconds[0], seconds[count])
        )
    report("sampled", [row], options.write)


if __name__ == "__main__":
    main()
