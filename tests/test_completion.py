"""Completions that bash itself proposes after the Tab key."""

import configparser
import shutil
import subprocess
import sys

import pytest

BASH = shutil.which("bash")
# What bash sets before it calls the function that `complete` names.
TAB = """
source {script}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
found=$(complete -p "$1") && [[ $found =~ -F\\ ([^ ]+) ]] || exit 9
# Outside of a real completion there is no compopt.
"${{BASH_REMATCH[1]}}" "$1" "${{@: -1}}" "${{@: -2:1}}" 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(package, shell):
    return subprocess.run(
        [sys.executable, "-m", package, "completion", shell],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """Returns a function that completes the last of some words."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "run.json").write_text("{}")
    (folder / "images").mkdir()
    for package in ("srgan", "textgan"):
        (folder / f"{package}.bash").write_text(script(package, "bash"))

    def propose(package, *words):
        code = TAB.format(script=f"{package}.bash")
        result = subprocess.run(
            [BASH, "--norc", "-c", code, "-", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout.split()

    return propose


@pytest.mark.skipif(not BASH, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (["srgan", "ups"], ["upscale"]),
        (["srgan", "completion", ""], ["bash", "zsh", "fish"]),
        (["srgan", "upscale", "--overw"], ["--overwrite"]),
        (["srgan", "upscale", "--format", "p"], ["png"]),
        (["srgan", "upscale", "ima"], ["images"]),
        (["srgan", "upscale", "--config", "run"], ["run.json"]),
        (["train_srgan.py", "--scale", ""], ["2", "3", "4", "8"]),
        (["train_srgan.py", "--dataset", ""], ["images"]),
        (["train_srgan.py", "--preset", "e"], ["esrgan"]),
        (["textgan", "generate", "--top"], ["--top_p", "--top_k"]),
        (["train_textgan.py", "--preset", "cap"], ["captions", "captions-gan"]),
        (["train_textgan.py", "--discriminator_epochs", ""], []),
        # Names of version 0.1 are hidden aliases.
        (["train_textgan.py", "--judge"], []),
        (["train_textgan.py", "--sig"], []),
    ],
)
def test_bash_proposes(tab, words, proposed):
    package = "srgan" if "srgan" in words[0] else "textgan"
    assert tab(package, *words) == proposed


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_supported(shell):
    text = script("textgan", shell)
    for word in (
        "train_textgan.py",
        "generate",
        "no_repeat_ngram_size",
        "captions-gan",
    ):
        assert word in text
    assert "judge" not in text


def test_an_unknown_shell_is_refused():
    result = subprocess.run(
        [sys.executable, "-m", "srgan", "completion", "ksh"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == (
        "python -m srgan completion: error: SHELL is ksh, not one of bash, "
        "zsh, fish\n"
    )


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_a_command_is_installed_by_the_name_that_is_completed(package, root):
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    scripts = setup["options.entry_points"]["console_scripts"].split("\n")
    assert f"{package} = {package}.__main__:main" in scripts
    # As pip writes it.
    code = f"import sys; from {package}.__main__ import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-c", code, "complexion"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == (
        f"{package}: error: no command 'complexion'; did you mean completion?\n"
    )
