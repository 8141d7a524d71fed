"""What numbers of TensorFlow's threads are worth, with the default networks.

Threads are chosen once in a process, so each number has one of its own, which
waits while another works.

python benchmarks/threads.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import knobs
from racing import options_of, publish, race, ratios, spread

from gancore.training import tf_setup

_JOBS = {"srgan": knobs.images, "textgan": knobs.texts}
_CORES = os.cpu_count() or 1
# Threads within an operation, and operations at a time.
_SETTINGS = {
    "default": {},
    "one within": {"TF_NUM_INTRAOP_THREADS": 1},
    "twice the cores within": {"TF_NUM_INTRAOP_THREADS": 2 * _CORES},
    "one operation at a time": {"TF_NUM_INTEROP_THREADS": 1},
}


def work(name: str) -> None:
    """Runs a job at each line that comes in, and answers with one."""
    tf_setup.set_up_inference(0)
    job = _JOBS[name]()
    for _ in sys.stdin:
        job()
        print("done", flush=True)


@contextmanager
def worker(name: str, setting: dict[str, int]) -> Iterator[Callable[[], str]]:
    """Starts a process; gives what makes it run its job once."""
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
    parser = options_of(__doc__)
    parser.add_argument("--work", choices=_JOBS, help="used by the script")
    parser.set_defaults(rounds=5)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return
    rows = []
    for name in _JOBS:
        with ExitStack() as stack:
            seconds = race(
                {
                    setting: stack.enter_context(worker(name, values))
                    for setting, values in _SETTINGS.items()
                },
                options.rounds,
            )
        plain = seconds.pop("default")
        rows.append(
            {
                "times as fast as by default": name,
                **{
                    setting: spread(ratios(plain, times))
                    for setting, times in seconds.items()
                },
            }
        )
    publish("threads", rows, options.write)


if __name__ == "__main__":
    main()
