"""What an editor knows of a user's script, told by a type checker."""

import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import srgan
import textgan

# Each line of the script, and what `reveal_type` says of its value.
SCRIPT = {
    'textgan.load("jokes")': "textgan.inference.text_generator.TextGenerator",
    'textgan.load("jokes").generate_one(10)': "str",
    'textgan.load("jokes").generate("Why", count=2)': "list[str]",
    "textgan.Config(units=8).dropout": "float",
    "textgan.Vocabulary.build([], 10)": "textgan.data.vocabulary.Vocabulary",
    "textgan.Generator(10, 4, 4)": "textgan.models.generator.Generator",
    "textgan.GAN": "def (",
    "srgan.Config(scale=2).data_dir": "str | None",
    "srgan.Generator(4)": "srgan.models.generator.Generator",
    "srgan.upscale(np.zeros((4, 4, 3)))": "numpy.ndarray[",
    "srgan.upscale('photo.png')": "PIL.Image.Image",
    "srgan.MappingNetwork(4)": "srgan.data.mapping_network.MappingNetwork",
    "srgan.__version__": "str",
}
MISTAKES = [
    "textgan.lode('jokes')",
    "textgan.load(7)",
    "textgan.load('jokes', max_lenght=3)",
    "textgan.Config(units='8')",
    "srgan.upscale(b'photo.png')",
]
NAMES = [
    f"{package.__name__}.{name}"
    for package in (srgan, textgan)
    for name in package.__all__
]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says of each line."""
    pytest.importorskip("mypy")
    lines = [*(f"reveal_type({code})" for code in SCRIPT), *MISTAKES, *NAMES]
    folder = tmp_path_factory.mktemp("typed")
    # An editable install leads type checkers nowhere without it.
    paths = {**os.environ, "MYPYPATH": str(Path(srgan.__file__).parents[1])}
    head = "import numpy as np\nimport srgan\nimport textgan\n"
    (folder / "script.py").write_text(head + "\n".join(lines) + "\n")
    flags = "--config-file= --ignore-missing-imports --no-error-summary"
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *flags.split(), "script.py"],
        cwd=folder,
        env=paths,
        capture_output=True,
        text=True,
        check=False,
    )
    message = {line: [] for line in lines}
    for line in result.stdout.splitlines():
        place, text = re.fullmatch(r"script\.py:(\d+): (.*)", line).groups()
        message[lines[int(place) - 4]].append(text.replace("", ""))
    return message


@pytest.mark.parametrize("code", SCRIPT)
def test_an_editor_knows_what_a_public_name_gives(said, code):
    (message,) = said[f"reveal_type({code})"]
    assert message.startswith(f'note: Revealed type is "{SCRIPT[code]}')


@pytest.mark.parametrize("code", MISTAKES)
def test_an_editor_marks_a_mistake(said, code):
    assert said[code] and said[code][0].startswith("error: ")


def test_all_that_is_imported_lazily_is_there_for_an_editor(said):
    assert NAMES and not any(said[name] for name in NAMES)


@pytest.mark.parametrize("package", ["gancore", "srgan", "textgan"])
def test_a_package_says_that_it_is_typed(package):
    assert resources.files(package).joinpath("py.typed").is_file()
