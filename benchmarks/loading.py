"""Time and memory of loading the full jokes file, up to token ids.

Kaggle's file has 231,657 rows. Where it is missing, one of that length is made
of the bundled jokes, with random words replaced so that no two rows are equal.

python benchmarks/loading.py
"""

from __future__ import annotations

import csv
import random
import resource
import tempfile
import time
from pathlib import Path

from timing import make_parser, report

from textgan.data.corpus import load_corpus
from textgan.data.readers.text_file import read_texts
from textgan.data.sources import KAGGLE_FILE, kaggle_jokes_dir, sample_file
from textgan.data.vocabulary import Vocabulary

_ROWS, _NOISE, _WORDS = 231_657, 0.35, 22_784


def make(path: Path) -> None:
    """Writes a file with as many rows as the real one."""
    jokes = [text for _, text in read_texts(sample_file())]
    words = [word for joke in jokes for word in joke.split()]
    generator = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["ID", "Joke"])
        for i in range(_ROWS):
            joke = [
                generator.choice(words) if generator.random() < _NOISE else word
                for word in jokes[i % len(jokes)].split()
            ]
            table.writerow([i, " ".join(joke)])


def main() -> None:
    options = make_parser(__doc__).parse_args()
    real = kaggle_jokes_dir() / KAGGLE_FILE
    with tempfile.TemporaryDirectory() as folder:
        path = real if real.is_file() else Path(folder) / "jokes.csv"
        if path != real:
            make(path)
        start = time.perf_counter()
        corpus = load_corpus(path)
        loaded = time.perf_counter()
        vocabulary = Vocabulary.build(corpus.train, _WORDS)
        rows = [vocabulary.row(text) for text in corpus.train]
        end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    row = {
        "rows": f"{_ROWS:,}",
        "data": "Kaggle's" if path == real else "made of the bundled jokes",
        "read, cleaned, split, s": f"{loaded - start:.1f}",
        "vocabulary and ids, s": f"{end - loaded:.1f}",
        "tokens": f"{sum(map(len, rows)):,}",
        "peak memory, GiB": f"{peak:.2f}",
    }
    report("loading", [row], options.write)


if __name__ == "__main__":
    main()
