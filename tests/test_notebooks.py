"""The notebooks, run from top to bottom in a kernel of their own."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = ("srgan", "textgan")


@pytest.fixture
def read(root):
    def named(name):
        path = root / "notebooks" / f"{name}.ipynb"
        return nbformat.read(path, nbformat.NO_CONVERT)

    return named


@pytest.fixture
def printed(root, read):
    """Runs a notebook; returns all it prints."""

    def run(name):
        notebook = read(name)
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=600,
            resources={"metadata": {"path": str(root / "notebooks")}},
        )
        client.execute()
        outputs = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", [])
        ]
        assert any("image/png" in o.get("data", {}) for o in outputs)
        return "".join(o.get("text", "") for o in outputs)

    return run


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_are_kept_without_outputs(name, read):
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_text_notebook_trains_and_plain_keras_generates(printed):
    text = printed("textgan")
    perplexities = [float(p) for p in re.findall(r"perplexity ([\d.]+)", text)]
    assert len(perplexities) == 10
    assert perplexities[-1] < 0.7 * perplexities[0]
    assert re.search(r"Functional generates:\n\w+ \w+", text)
    assert text.count("Why did the") >= 3


def test_the_image_notebook_trains_and_plain_keras_upscales(printed):
    text = printed("srgan")
    bicubic = float(re.search(r"bicubic: ([\d.]+) dB", text)[1])
    ours = [float(p) for p in re.findall(r"(?:pixel|rial): ([\d.]+) dB", text)]
    assert len(ours) == 5
    assert ours[-1] > bicubic + 0.2
    assert "(32, 32, 3) becomes (128, 128, 3)" in text
