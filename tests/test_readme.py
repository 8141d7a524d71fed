"""The examples of the documents, run as they stand."""

import re

import srgan
import srgan.commands.export
import textgan
import textgan.commands.export
from gancore.saving.model_io import save_h5
from textgan.data.vocabulary import SPECIAL


def blocks(root, language):
    # tests/test_extending.py runs those of extending.md.
    pages = set((root / "docs").glob("*.md")) - {root / "docs/extending.md"}
    documents = [root / "README.md", *sorted(pages)]
    text = "".join(path.read_text(encoding="utf-8") for path in documents)
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


EXPORTED = {"model.onnx": "onnx", "model.tflite": "litert"}


def test_python_examples_run_on_saved_models(
    root, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    words = [*SPECIAL, "ha", "ho"]
    models = {
        "train_srgan": (
            srgan.Generator(4, 1, 4),
            {"package": "srgan"},
            srgan.commands.export,
        ),
        "train_textgan": (
            textgan.Generator(len(words), 4, 4),
            {"package": "textgan", "vocabulary": words},
            textgan.commands.export,
        ),
    }
    examples = blocks(root, "python")
    assert len(examples) == 12
    for example in examples:
        used = [name for name in models if f"of {name}.py" in example.lower()]
        # The first of README.md uses the pretrained weights.
        script = used[0] if used else "train_srgan"
        pretrained = "from_preset(" in example or 'load("jokes")' in example
        assert len(used) == 1 or pretrained or "srgan.GAN(" in example
        network, facts, command = models[script]
        save_h5(network, tmp_path / "model.h5", facts)
        for name, format in EXPORTED.items():
            if f'"{name}"' in example:
                command.run(
                    command.ExportOptions(
                        model="model.h5", format=format, overwrite=True
                    )
                )
        exec(compile(example, "example", "exec"), {})
    # Nothing is printed as the name of its class.
    assert "<" not in capsys.readouterr().out


def test_no_placeholder_is_left(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"@[A-Z]+@", text)


def test_every_file_the_documents_name_is_there(root):
    documents = [*root.glob("*.md"), *root.glob("d*/**/*.md")]
    assert len(documents) > 20
    for document in documents:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", text):
            assert (document.parent / target).exists(), (document, target)


def test_design_lists_every_room(root):
    text = (root / "docs" / "design.md").read_text(encoding="utf-8")
    rooms = text[text.index("## Rooms") :]
    for package in ("gancore", "srgan", "textgan"):
        for path in (root / package).glob("*/__init__.py"):
            assert f"`{path.parent.name}`" in rooms, path


def test_tables_of_the_readme_are_those_of_the_results(root):
    short = (root / "README.md").read_text(encoding="utf-8")
    short = short[short.index("## Results") : short.index("## Use")]
    rows = [line for line in short.splitlines() if line.startswith("|")]
    assert len(rows) > 8
    results = (root / "docs" / "results.md").read_text(encoding="utf-8")
    assert set(rows) <= set(results.splitlines())
