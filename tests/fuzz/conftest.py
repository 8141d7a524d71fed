"""Fuzzed code must not hang, take much memory, write elsewhere, or crash.

Every test runs with a few cases by default, and with many by `-m fuzz`.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

FEW = 30
MANY = int(os.environ.get("FUZZ_CASES", 100_000))
# First case, to try others than before.
FIRST = int(os.environ.get("FUZZ_FROM", 0))
# Hypothesis keeps all cases of a round in memory.
_ROUND = 1_000
_SECONDS = 20.0
# Rounds differ, though Hypothesis prefers the same numbers in each.
_SEEDS = st.integers(0, 2**48 - 1).map(lambda seed: _round << 48 | seed)
_MAX_GROWTH = 2**30
# Tried in place of a byte or after it.
_ODD_BYTES = (
    b"\0", b"\xff", b"\x7f", b"\x80", b"\n", b"\r", b'"', b"{", b"[", b"-",
    b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"1e999", b"NaN",
)  # fmt: skip

_round = 0
_written: list[str] = []
_folder: str | None = None


def _listen(event: str, arguments: tuple) -> None:
    """Records processes, sockets and files written outside of the folder."""
    if _folder is None:
        return
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec")):
        _written.append(event)
    elif event in ("open", "os.remove", "os.rename", "os.mkdir", "os.rmdir"):
        place = arguments[0]
        if event == "open" and not (arguments[2] or 0) & (
            os.O_WRONLY | os.O_RDWR | os.O_CREAT
        ):
            return
        if isinstance(place, str | bytes) and not os.path.abspath(
            os.fsdecode(place)
        ).startswith(_folder):
            _written.append(f"{event} {place!r}")


# It cannot be removed; it records during a case only.
sys.addaudithook(_listen)


def _hang(signal_: int, frame: Any) -> None:
    raise AssertionError(f"a case takes more than {_SECONDS} seconds")


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@pytest.fixture(params=[FEW, pytest.param(MANY, marks=pytest.mark.fuzz)])
def cases(request: pytest.FixtureRequest) -> int:
    """Number of cases of a test."""
    return request.param


@pytest.fixture
def fuzz(cases: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a check on `cases` cases, the same ones each time."""
    # Full disks are tested elsewhere, and a flush takes milliseconds.
    monkeypatch.setattr(os, "fsync", lambda file: None)

    def run(check: Callable[[Any], None], strategy: st.SearchStrategy) -> None:
        tried = 0

        def one(case: Any) -> None:
            global _folder
            nonlocal tried
            tried += 1
            _written.clear()
            signal.setitimer(signal.ITIMER_REAL, _SECONDS)
            _folder = str(tmp_path)
            try:
                # Hundreds of thousands of log messages.
                with contextlib.redirect_stderr(io.StringIO()):
                    check(case)
            finally:
                _folder = None
                signal.setitimer(signal.ITIMER_REAL, 0)
            assert not _written

        before = 0
        usual = signal.signal(signal.SIGALRM, _hang)
        try:
            for number, size in _rounds(cases):
                _try(one, strategy, number, size)
                before = before or _peak()
        finally:
            signal.signal(signal.SIGALRM, usual)
        assert _peak() - before < _MAX_GROWTH
        assert tried >= cases

    return run


def _rounds(cases: int) -> Iterator[tuple[int, int]]:
    """Yields the number and size of each round."""
    for start in range(0, cases, _ROUND):
        yield (FIRST + start) // _ROUND, min(_ROUND, cases - start)


def _try(
    one: Callable[[Any], None],
    strategy: st.SearchStrategy,
    number: int,
    size: int,
) -> None:
    global _round
    _round = number
    rules = hypothesis.settings(
        max_examples=size,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    hypothesis.seed(number)(rules(hypothesis.given(strategy)(one)))()


@pytest.fixture(scope="session")
def made():
    """Returns a strategy of what a function builds from random numbers.

    Far faster than a strategy for each part, and failures are shown complete.
    """

    def strategy(
        make: Callable[[random.Random], Any],
    ) -> st.SearchStrategy[Any]:
        return _SEEDS.map(lambda seed: make(random.Random(seed)))

    return strategy


class DamagedBytes(bytes):
    """The bytes of a damaged file, with a short representation."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, {bytes(self[:60])!r} ...>"


@pytest.fixture(scope="session")
def damaged():
    """Returns a strategy of damaged copies of valid files."""

    def strategy(
        good: list[bytes], most: int = 8, odd: tuple[bytes, ...] = ()
    ) -> st.SearchStrategy[bytes]:
        def damage(which: int, seed: int) -> DamagedBytes:
            return DamagedBytes(
                _damage(good[which], random.Random(seed), most, odd)
            )

        return st.builds(damage, st.integers(0, len(good) - 1), _SEEDS)

    return strategy


def _damage(
    good: bytes, chance: random.Random, most: int, odd: tuple[bytes, ...]
) -> bytes:
    """Changes, removes, repeats, moves and inserts bytes."""
    data = bytearray(good)
    for _ in range(chance.randint(0, most)):
        at = chance.randrange(len(data) + 1)
        kind = chance.random()
        if kind < 0.4:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif kind < 0.55 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind < 0.75:
            piece = chance.choice((*_ODD_BYTES, *odd))
            # Over as many bytes, so that the rest keeps its offset, or none.
            end = at + len(piece) * chance.randrange(2)
            data[at:end] = piece
        elif kind < 0.85:
            length = chance.randint(1, 64)
            source = chance.randrange(len(data) + 1)
            data[at : at + length] = data[source : source + length]
        elif kind < 0.95:
            del data[at : at + chance.randint(1, 16)]
        else:
            del data[at:]
    return bytes(data)


_LEAVES = (
    None, True, False, 0, 1, -1, 4, 2**31, -(2**63), 2**70, 10**30, 0.5, -0.0,
    1e300, float("nan"), float("inf"), "", "a", " ", "\0", "\n", "\ud800",
    "\u202e", "é", "../x", "/", "nan", "1", "x" * 2000, [], {},
)  # fmt: skip


def _any(chance: random.Random, depth: int = 0) -> Any:
    """Builds JSON of any shape, also with non-standard numbers."""
    kind = chance.random() if depth < 3 else 1.0
    size = chance.randrange(4)
    if kind < 0.15:
        return [_any(chance, depth + 1) for _ in range(size)]
    if kind < 0.3:
        return {_word(chance): _any(chance, depth + 1) for _ in range(size)}
    if kind < 0.32:
        nested: Any = 1
        for _ in range(chance.choice((60, 150, 900))):
            nested = [nested]
        return nested
    if kind < 0.4:
        return _word(chance)
    if kind < 0.5:
        return chance.randint(-(2**40), 2**40) >> chance.randrange(40)
    if kind < 0.55:
        return chance.uniform(-1, 1) * 10 ** chance.randint(-300, 300)
    return chance.choice(_LEAVES)


def _word(chance: random.Random) -> str:
    largest = chance.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
    return "".join(
        chr(chance.randint(0, largest)) for _ in range(chance.randrange(5))
    )


def _changed(value: Any, chance: random.Random) -> Any:
    """Replaces one value inside of JSON."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return _any(chance)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    key, inner = chance.choice(list(items))
    copy = value.copy()
    kind = chance.random()
    if kind < 0.1:
        del copy[key]
    elif kind < 0.15 and isinstance(copy, list):
        copy.append(inner)
    elif kind < 0.2 and isinstance(copy, dict):
        copy[_word(chance)] = _any(chance)
    else:
        copy[key] = _changed(inner, chance)
    return copy


@pytest.fixture(scope="session")
def altered():
    """Returns a strategy of valid JSON with some values changed."""

    def change(which: int, seed: int, good: tuple) -> Any:
        chance = random.Random(seed)
        value = good[which]
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            value = _changed(value, chance)
        return value

    def strategy(*good: Any) -> st.SearchStrategy[Any]:
        return st.tuples(st.integers(0, len(good) - 1), _SEEDS).map(
            lambda drawn: change(*drawn, good)
        )

    return strategy
