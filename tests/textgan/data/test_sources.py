import csv
import subprocess
import sys
from pathlib import Path

import pytest

from gancore.errors import UserError
from textgan.data.corpus import load_corpus
from textgan.data.dedup import group_near_duplicates
from textgan.data.sources import find_dataset, sample_file
from textgan.data.tokenizer import count_words, detokenize, tokenize


def test_kaggles_file_is_preferred_to_the_sample(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GAN_DATASETS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert find_dataset("kaggle_jokes", None) == ("kaggle_jokes", sample_file())
    assert "using the bundled sample" in capsys.readouterr().err
    elsewhere = tmp_path / "elsewhere"
    for folder in (tmp_path / "datasets", elsewhere):
        (folder / "kaggle_jokes").mkdir(parents=True)
        full = folder / "kaggle_jokes" / "shortjokes.csv"
        full.write_text("Joke\nreal\n")
        assert find_dataset("kaggle_jokes", None)[1].resolve() == full
        monkeypatch.setenv("GAN_DATASETS", str(elsewhere))
    assert capsys.readouterr().err == ""


def test_a_dataset_can_be_a_path_or_a_folder(tmp_path):
    path = tmp_path / "puns.txt"
    path.write_text("one\ntwo\n")
    assert find_dataset(str(path), None) == ("puns", path)
    assert find_dataset("kaggle_jokes", str(tmp_path)) == ("kaggle_jokes", path)
    assert find_dataset("mine", str(path)) == ("mine", path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "OTHER.CSV").touch()
    with pytest.raises(UserError, match="holds 2 text files"):
        find_dataset(str(tmp_path), None)
    (tmp_path / "shortjokes.csv").touch()
    assert find_dataset(str(tmp_path), None)[1].name == "shortjokes.csv"
    poems = tmp_path / "poems"
    (poems / "old").mkdir(parents=True)
    for name in ("a.txt", "b.txt"):
        (poems / name).touch()
    assert find_dataset(str(poems), None) == ("poems", poems)
    (poems / "a.txt").rename(poems / "old" / "a.txt")
    (poems / "b.txt").rename(poems / "old" / "b.txt")
    assert find_dataset(str(poems), None)[1] == poems
    (tmp_path / "a.tsv.gz").touch()
    assert find_dataset(str(tmp_path / "a.tsv.gz"), None)[0] == "a"
    assert find_dataset("-", None) == ("stdin", Path("-"))
    with pytest.raises(UserError, match="neither kaggle_jokes nor"):
        find_dataset("no_such_thing", None)


def test_the_bundled_sample_is_clean(root, capsys):
    path = sample_file()
    assert (
        path.read_bytes()
        == (root / "datasets" / "kaggle_jokes" / "sample.csv").read_bytes()
    )
    loaded = load_corpus(path)
    # No row is dropped, none is shown, and there are no near-duplicates.
    assert capsys.readouterr().err == (
        f'info: {path}: separated by commas, column "Joke" of 2, 1,028 texts\n'
    )
    jokes = loaded.train + loaded.valid
    assert len(jokes) == 1028
    assert len(loaded.train) == 925
    assert len(group_near_duplicates(jokes)) == 1028
    lengths = [count_words(joke) for joke in jokes]
    assert min(lengths) >= 5
    assert max(lengths) <= 70
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["ID", "Joke"]
    same = [detokenize(tokenize(r["Joke"])) == r["Joke"] for r in rows]
    assert sum(same) >= 0.99 * len(same)


def test_a_wheel_has_the_sample(root, tmp_path):
    pytest.importorskip("setuptools")
    subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", tmp_path,
         "build_py", "--build-lib", tmp_path],
        cwd=root, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    built = tmp_path / "textgan" / "data" / "sample.csv"
    assert built.read_bytes() == sample_file().read_bytes()
