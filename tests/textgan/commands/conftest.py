"""Small models and texts that the tests of commands share."""

import pytest

from gancore.saving.model_io import save_h5
from textgan import Generator, Vocabulary


@pytest.fixture
def reference_folder(tmp_path):
    """`train.txt`, `test.txt` and two untrained models of their words."""
    texts = [
        f"the {a} {verb} a {b}."
        for a in "cat dog man girl bird".split()
        for b in "cat dog man girl bird".split()
        for verb in ("sees", "likes", "hears")
    ]
    (tmp_path / "train.txt").write_text("\n".join(texts[::2]))
    (tmp_path / "test.txt").write_text("\n".join(texts[1::2]))
    words = [[*text[:-1].split(), "."] for text in texts]
    vocabulary = Vocabulary.build(words, 100)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        generator = Generator(len(vocabulary), 4, 6)
        save_h5(generator, tmp_path / f"{name}/model.h5", about)
    return tmp_path


@pytest.fixture
def make_options(reference_folder):
    """Builds options that score 40 texts against those of the folder."""

    def make(kind, **changes):
        files = {
            name: str(reference_folder / f"{name}.txt")
            for name in ("train", "test")
        }
        return kind(**{**files, "count": 40, **changes})

    return make
