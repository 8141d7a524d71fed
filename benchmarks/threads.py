"""Speed with other numbers of TensorFlow threads, with the default networks.

The number is fixed once per process, so each has a process of its own, which
idles while another is timed.

python benchmarks/threads.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import options as option_jobs
from timing import (
    make_parser,
    median_and_range,
    ratios,
    report,
    time_alternately,
)

from gancore.training import tf_setup

_JOBS = {"srgan": option_jobs.images, "textgan": option_jobs.texts}
_CORES = os.cpu_count() or 1
# Threads within an operation (intra-op), and parallel operations (inter-op).
_SETTINGS = {
    "default": {},
    "1 intra-op thread": {"TF_NUM_INTRAOP_THREADS": 1},
    "2 intra-op threads per core": {"TF_NUM_INTRAOP_THREADS": 2 * _CORES},
    "1 inter-op thread": {"TF_NUM_INTEROP_THREADS": 1},
}


def work(name: str) -> None:
    """Runs a job for each line on standard input, and prints one when done."""
    tf_setup.set_up_inference(0)
    job = _JOBS[name]()
    for _ in sys.stdin:
        job()
        print("done", flush=True)


@contextmanager
def worker(name: str, setting: dict[str, int]) -> Iterator[Callable[[], str]]:
    """Starts a process, and yields a function that runs its job once."""
    command = [sys.executable, __file__, "--work", name]
    settings = {key: str(value) for key, value in setting.items()}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, **settings},
    ) as process:

        def job(
            ask: Callable[[str], int] = process.stdin.write,
            answer: Callable[[], str] = process.stdout.readline,
        ) -> str:
            ask("\n")
            return answer()

        yield job
        process.stdin.close()


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--work", choices=_JOBS, help="used by the script")
    parser.set_defaults(rounds=5)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return
    rows = []
    for name in _JOBS:
        with ExitStack() as stack:
            seconds = time_alternately(
                {
                    setting: stack.enter_context(worker(name, values))
                    for setting, values in _SETTINGS.items()
                },
                options.rounds,
            )
        plain = seconds.pop("default")
        rows.append(
            {
                "times as fast as the default": name,
                **{
                    setting: median_and_range(ratios(plain, times))
                    for setting, times in seconds.items()
                },
            }
        )
    report("threads", rows, options.write)


if __name__ == "__main__":
    main()
