"""Times jobs in alternating rounds, and writes a table into docs/."""

from __future__ import annotations

import argparse
import re
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from gancore.io.tables import Row, as_markdown, as_text, write_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"


def make_parser(doc: str) -> argparse.ArgumentParser:
    """Builds the parser of a benchmark, with the options of all of them."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=7, choices=range(1, 100), metavar="N"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="replace the table in docs/performance.md",
    )
    return parser


def time_alternately(
    jobs: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Returns the seconds of each job in each round.

    All jobs run once untimed, and then in turn, so that other load of the
    machine slows all of them.

    Args:
        jobs: Name -> job.
        rounds: Timed runs of each job.
        warm: Whether they run untimed at first.
        clock: Returns seconds.
    """
    for job in jobs.values() if warm else ():
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = clock()
            job()
            seconds[name].append(clock() - start)
    return seconds


def median_and_range(values: Sequence[float], digits: int = 2) -> str:
    """Formats the median of some numbers, and their range."""
    numbers = (statistics.median(values), min(values), max(values))
    middle, low, high = (f"{number:.{digits}f}" for number in numbers)
    return f"{middle} ({low} to {high})"


def ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    """Divides the seconds of each round."""
    return [a / b for a, b in zip(slow, fast, strict=True)]


def report(section: str, rows: Sequence[Row], write: bool) -> None:
    """Prints a table and, on request, replaces that of the page.

    Args:
        section: The script's name, between whose marks the table is.
        rows: At least one.
        write: Whether to replace the table in docs/performance.md.
    """
    print(as_text(rows, {}))
    if not write:
        return
    # Imports TensorFlow, which some benchmarks do not need.
    from gancore.environment import environment_of_run

    words = ["python", f"benchmarks/{section}.py", *sys.argv[1:]]
    facts = environment_of_run(shlex.join(words))
    facts["peers"] = ", ".join(
        f"{peer} {metadata.version(peer)}"
        for peer in ("torch", "nltk", "fast-bleu", "onnxruntime")
        if peer.replace("-", "_") in sys.modules
    )
    measured = "; ".join(
        f"{name} {fact}" for name, fact in facts.items() if fact
    )
    start, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    page = PAGE.read_text(encoding="utf-8")
    table = (
        f"{start}\n{as_markdown(rows, {})}\n\nMeasured by {measured}.\n{end}"
    )
    pattern = re.escape(start) + ".*?" + re.escape(end)
    page, found = re.subn(pattern, lambda _: table, page, flags=re.DOTALL)
    if not found:
        raise SystemExit(f"{PAGE} has no marks {start} and {end}")
    write_text(PAGE, page)
