import ast
import dataclasses
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

from gancore.errors import RuntimeFailure
from gancore.io.atomic import atomic_folder, atomic_write
from gancore.training.run_dir import make_run_dir


def test_a_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "figure.png"
    with atomic_write(path) as partial:
        partial.write_bytes(b"new")
        assert not path.exists()
        assert partial.suffix == ".png"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["figure.png"]


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path):
    path = tmp_path / ("a" * 251 + ".png")
    with atomic_write(path) as partial:
        partial.write_bytes(b"new")
    assert os.listdir(tmp_path) == [path.name]


def test_a_folder_that_vanishes_is_one_sentence(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        pytest.raises(RuntimeFailure, match=r"could not write .*figure\.png"),
        atomic_write(folder / "figure.png"),
    ):
        folder.rmdir()
        folder.write_text("a file in its place")


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_the_old_file_survives_a_failure(tmp_path, failure):
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")
    with pytest.raises(failure), atomic_write(path) as partial:
        partial.write_bytes(b"half")
        raise failure
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["figure.png"]


def test_a_full_disk_is_one_sentence_and_loses_nothing(
    tmp_path, on_a_small_disk
):
    (tmp_path / "data.bin").write_bytes(b"old")
    result = on_a_small_disk("""
        from pathlib import Path
        from gancore.io.atomic import atomic_write
        from gancore.errors import one_line_errors

        with one_line_errors("test"), atomic_write(Path("data.bin")) as partial:
            partial.write_bytes(b"x" * 10_000)
    """)
    assert result.returncode == 1
    sentence = "test: error: could not write data.bin: File too large\n"
    assert result.stderr == sentence
    assert (tmp_path / "data.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["data.bin"]


@dataclasses.dataclass
class Options:
    seed: int = 3


def test_runs_started_in_the_same_second_have_their_own_folders(tmp_path):
    first = make_run_dir(tmp_path, "textgan", "my jokes!", Options())
    second = make_run_dir(tmp_path, "textgan", "my jokes!", Options())
    assert first != second
    assert first.parent == tmp_path / "textgan" / "my_jokes_"
    assert json.loads((second / "config.json").read_text()) == {"seed": 3}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(RuntimeFailure, match="cannot create a run folder"):
        make_run_dir(blocked, "textgan", "jokes", Options())


def test_a_complete_folder_replaces_the_old_one(tmp_path):
    path = tmp_path / "model"
    for text in ("first", "second"):
        with atomic_folder(path) as partial:
            (partial / text).write_text(text)
            assert not (path / text).exists()
        assert os.listdir(path) == [text]
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_the_old_folder_survives_a_failure(tmp_path, failure):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").touch()
    with pytest.raises(failure), atomic_folder(path) as partial:
        (partial / "half").touch()
        raise failure
    assert os.listdir(path) == ["old"]
    assert os.listdir(tmp_path) == ["model"]


def test_the_old_folder_survives_a_new_one_that_cannot_be_moved(
    tmp_path, monkeypatch
):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").touch()
    rename = pathlib.Path.rename
    calls = []

    def fails_the_second_time(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", fails_the_second_time)
    with (
        pytest.raises(RuntimeFailure, match=r"could not write .*No space left"),
        atomic_folder(path) as partial,
    ):
        (partial / "new").touch()
    assert os.listdir(path) == ["old"]
    assert os.listdir(tmp_path) == ["model"]


WRITE_FOREVER = """
from itertools import count
from pathlib import Path
from gancore.io.atomic import atomic_write

print("started", flush=True)
for i in count():
    with atomic_write(Path("data.bin")) as partial:
        partial.write_bytes(i.to_bytes(8, "big") * 200_000)
"""


def test_killed_at_any_moment_a_file_is_old_or_new(tmp_path, root):
    path = tmp_path / "data.bin"
    chance = random.Random(1)
    seen = set()
    for _ in range(25):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_FOREVER],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.1))
            process.kill()
        if path.exists():
            data = path.read_bytes()
            assert data == data[:8] * 200_000
            seen.add(data[:8])
    assert len(seen) > 5


def writes(tree):
    """Yields the lines of calls that write to a file."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        method = getattr(node.func, "attr", "")
        name = method or getattr(node.func, "id", "")
        strings = [a.value for a in node.args if isinstance(a, ast.Constant)]
        modes = {s for s in strings if isinstance(s, str)}
        if any(getattr(a, "attr", "") == "devnull" for a in node.args):
            continue
        opened = name == "open" and any(set(m) & set("wax+") for m in modes)
        if opened or method in ("write_text", "write_bytes", "savefig"):
            yield node.lineno


def within_atomic_writes(tree):
    """Yields the lines within `with atomic_write(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(
            getattr(getattr(item.context_expr, "func", None), "id", "")
            in ("atomic_write", "atomic_folder")
            for item in node.items
        ):
            yield from range(node.lineno, node.end_lineno + 1)


def test_every_file_is_written_atomically(root):
    found = 0
    for package in ("gancore", "srgan", "textgan"):
        for path in (root / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            # `atomic_write` itself; parts of downloads and unpacked folders,
            # which are verified before they are renamed.
            if path.name in ("atomic.py", "download.py", "unzip.py"):
                continue
            lines = set(writes(tree))
            found += len(lines)
            assert lines <= set(within_atomic_writes(tree)), path
    assert found > 10
