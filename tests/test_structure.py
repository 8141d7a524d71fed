"""The import wall and other promises about the code itself."""

import ast
import subprocess
import sys
import time

import pytest

# What each package may import of the others.
ALLOWED = {
    "gancore": set(),
    "srgan": {"gancore"},
    "textgan": {"gancore"},
}
OURS = {*ALLOWED, "train_srgan", "train_textgan"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_the_import_wall_stands(package, root):
    files = list((root / package).rglob("*.py"))
    assert files
    for path in files:
        crossing = set(imports(path)) & OURS - ALLOWED[package] - {package}
        assert not crossing, path


@pytest.mark.parametrize("package", ALLOWED)
def test_importing_a_package_is_quick_and_builds_nothing(package):
    code = (
        f"import sys, {package}; "
        "print(sorted({'tensorflow', 'keras', 'PIL'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_every_public_name_can_be_imported(package):
    module = __import__(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="no attribute"):
        _ = module.no_such_name


@pytest.mark.parametrize("script", ["train_textgan.py", "train_srgan.py"])
def test_help_comes_within_a_second(script, root):
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        result = subprocess.run(
            [sys.executable, root / script, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds.append(time.monotonic() - start)
    assert "default" in result.stdout
    assert min(seconds) < 1.0


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_settings_are_printed_without_tensorflow(package):
    code = f"""
import contextlib, dataclasses, importlib, io, json, sys
from gancore.cli.dispatch import run_command
from {package}.__main__ import COMMANDS
# What some commands cannot do without.
own = {{
    "oracle": ["--model", "x.h5"],
    "download": ["div2k" if "{package}" == "srgan" else "kaggle_jokes"],
}}
for name, command in COMMANDS.items():
    options = getattr(importlib.import_module(command.module), command.options)
    fields = dataclasses.fields(options)
    bare = ["x.h5" for field in fields if not field.metadata["group"]]
    words = [*own.get(name, bare), "--print_config"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            run_command("p", COMMANDS, [name, *words])
        except SystemExit as stop:
            assert not stop.code, (name, stop)
    assert set(json.loads(said.getvalue())) == {{f.name for f in fields}}
print(sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "[]", result.stderr
