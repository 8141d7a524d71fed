"""The examples of docstrings, run."""

import doctest
import importlib

import pytest

PACKAGES = ("gancore", "srgan", "textgan")
# What a reader of the reference looks up first.
FIRST = [
    "srgan.inference.upscale.upscale",
    "srgan.models.gan.GAN",
    "srgan.models.generator.Generator",
    "srgan.inference.load.load",
    "textgan.models.gan.GAN",
    "textgan.models.generator.Generator",
    "textgan.inference.load.load",
    "textgan.metrics.bleu.bleu",
    "textgan.inference.text_generator.TextGenerator",
]


def with_examples(root):
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                name = path.relative_to(root).with_suffix("")
                yield importlib.import_module(".".join(name.parts))


def test_examples_give_what_they_say(root, capsys):
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    run = []
    for module in with_examples(root):
        for test in finder.find(module):
            if test.examples:
                runner.run(test)
                run.append(test.name)
    if runner.summarize(verbose=False).failed:
        pytest.fail(capsys.readouterr().out)
    assert set(FIRST) <= set(run)
