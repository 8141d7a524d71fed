"""Words per second of the writer, against reading the text anew for each word.

python benchmarks/generation.py --model model.h5
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from adversarial import runtime
from textgan.sampling import Temperature
from textgan.vocabulary import END, START
from textgan.writer import Writer


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


def speed(
    write: Callable[[Writer, int], int], writer: Writer, count: int
) -> float:
    start = time.perf_counter()
    words = write(writer, count)
    return words / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="jokes")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    runtime.start(0)
    from textgan.loading import load

    writer = load(options.model, sampler=Temperature(), batch_size=256)
    ours(writer, 1)  # traces
    ratios = []
    for _ in range(options.repeats):
        # In turn, so that a busy machine slows both.
        slow, fast = speed(naive, writer, 6), speed(ours, writer, 768)
        ratios.append(fast / slow)
        print(
            f"naive {slow:.0f}, ours {fast:.0f} words/s: {ratios[-1]:.1f} times"
        )
    print(
        f"median {statistics.median(ratios):.1f} times, "
        f"{min(ratios):.1f} to {max(ratios):.1f}"
    )


if __name__ == "__main__":
    main()
