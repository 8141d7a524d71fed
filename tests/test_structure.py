"""The import rules between packages and rooms, held by reading the code."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("gancore", "srgan", "textgan")
# What each package may import of the others.
ALLOWED = {
    "gancore": set(),
    "srgan": {"gancore"},
    "textgan": {"gancore"},
}
# Rooms of a package in the order data flow through them. A room may import
# those on its own level and below; modules outside of rooms (`config.py`,
# `presets.py`) are below all but must not import them.
LEVELS = {
    "image_io": 0,
    "data": 0,
    "metrics": 1,
    "losses": 1,
    "models": 1,
    "training": 2,
    "evaluation": 3,
    "inference": 3,
    "commands": 4,
}
# The functional core neither parses arguments nor touches files.
PURE = ("models", "losses")
IMPURE = ("argparse", "gancore.cli", "gancore.io")
# Imported before the flags are parsed, so that `--help` is quick.
QUICK = ("gancore.cli", "gancore.io")
HEAVY = {"tensorflow", "keras", "matplotlib"}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def modules(package):
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths
    return {name_of(path): path for path in paths}


def imports(path):
    """Lists what a module imports, also within its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def within(module, package):
    return module == package or module.startswith(f"{package}.")


def room(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_is_below_them(package):
    forbidden = {*PACKAGES, "train_srgan", "train_textgan"}
    forbidden -= {package, *ALLOWED[package]}
    crossing = [
        f"{module} imports {found}"
        for module, path in modules(package).items()
        for found in imports(path)
        if found.split(".")[0] in forbidden
    ]
    assert not crossing


@pytest.mark.parametrize("script", ["train_textgan.py", "train_srgan.py"])
def test_training_scripts_are_thin(script):
    path = ROOT / script
    ours = {i.split(".")[0] for i in imports(path)} & {*PACKAGES}
    assert ours == {"gancore", script.removesuffix(".py").split("_")[1]}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 30


@pytest.mark.parametrize("package", ["textgan", "srgan"])
def test_recipes_read_top_to_bottom(package):
    text = (ROOT / package / "commands/train.py").read_text(encoding="utf-8")
    sections = [
        line.strip("# =").partition(":")[0]
        for line in text.splitlines()
        if "# ===" in line
    ]
    assert sections == ["Data", "Models", "Training", "Results"]


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_rooms_import_only_what_is_below_them(package):
    upwards = [
        f"{module} imports {found}"
        for module, path in modules(package).items()
        if room(module) in LEVELS
        for found in imports(path)
        if within(found, package)
        and LEVELS.get(room(found), -1) > LEVELS[room(module)]
    ]
    assert not upwards


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_configurations_import_no_networks(package):
    for name in ("config", "presets"):
        path = ROOT / package / f"{name}.py"
        for found in imports(path):
            assert not within(found, f"{package}.models"), found
            assert found.split(".")[0] not in HEAVY, found


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_models_and_losses_parse_no_arguments_and_open_no_files(package):
    impure = [
        f"{module} imports {found}"
        for module, path in modules(package).items()
        if room(module) in PURE
        for found in imports(path)
        if any(within(found, name) for name in IMPURE)
    ]
    assert not impure


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("package", QUICK)
def test_command_line_and_files_need_no_tensorflow(package):
    names = list(modules(package.replace(".", "/")))
    loaded = run_python(
        "import importlib, sys\n"
        f"for name in {names}: importlib.import_module(name)\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    assert loaded.strip() == "[]"
    # Nor within a function.
    for name, path in modules(package.replace(".", "/")).items():
        for found in imports(path):
            assert found.split(".")[0] not in {"tensorflow", "keras"}, name


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_framework(package):
    loaded = run_python(
        f"import sys, {package}; "
        "print(sorted({'tensorflow', 'keras', 'PIL'} & set(sys.modules)))"
    )
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_every_public_name_can_be_imported(package):
    module = __import__(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="no attribute"):
        _ = module.no_such_name


@pytest.mark.parametrize(
    "words",
    [
        ["train_textgan.py"],
        ["train_srgan.py"],
        ["-m", "srgan", "train"],
        ["-m", "textgan", "train"],
    ],
    ids=" ".join,
)
def test_help_takes_less_than_a_second(words):
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        result = subprocess.run(
            [sys.executable, *words, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        seconds.append(time.monotonic() - start)
    assert "default" in result.stdout
    assert min(seconds) < 1.0


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_training_script_and_command_take_the_same_options(package):
    script, command = (
        subprocess.run(
            [sys.executable, *words, "--print_config", "--batch_size=3"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in ([f"train_{package}.py"], ["-m", package, "train"])
    )
    assert script == command
    assert json.loads(script)["batch_size"] == 3


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_configurations_are_printed_without_tensorflow(package):
    code = f"""
import contextlib, importlib, io, json, sys
from gancore.cli.dispatch import run_command
from gancore.config_fields import flat_fields
from {package}.__main__ import COMMANDS
# What some commands cannot do without.
required = {{
    "oracle": ["--model", "x.h5"],
    "download": ["div2k" if "{package}" == "srgan" else "kaggle_jokes"],
}}
for name, command in COMMANDS.items():
    options = getattr(importlib.import_module(command.module), command.options)
    fields = flat_fields(options)
    positionals = ["x.h5" for field in fields if not field.metadata["group"]]
    words = [*required.get(name, positionals), "--print_config"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            run_command("p", COMMANDS, [name, *words])
        except SystemExit as stop:
            assert not stop.code, (name, stop)
    assert set(json.loads(printed.getvalue())) == {{f.name for f in fields}}
print(sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    assert run_python(code).strip() == "[]"
