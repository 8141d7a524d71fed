"""The pinned versions fit what the project asks for."""

import configparser
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "keras-textgan-srgan"


@pytest.fixture
def pinned(root):
    lines = (root / "constraints.txt").read_text().splitlines()
    pins = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}


def asked_for(root, extra):
    """Yields the requirements of an extra, and of the extras it names."""
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    lines = (
        setup["options.extras_require"][extra]
        if extra
        else setup["options"]["install_requires"]
    )
    for line in lines.splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.name == PROJECT:
            for inner in requirement.extras:
                yield from asked_for(root, inner)
        else:
            yield requirement


@pytest.mark.parametrize("extra", ["", "dev"])
def test_everything_asked_for_is_pinned_as_it_may_be(root, pinned, extra):
    found = list(asked_for(root, extra))
    assert len(found) > 8
    for requirement in found:
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_what_they_bring_is_pinned_too(pinned):
    left, seen = ["tensorflow", "keras", "matplotlib"], set()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        assert name in pinned, name
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if not requirement.marker or requirement.marker.evaluate(
                {"extra": ""}
            ):
                left.append(canonicalize_name(requirement.name))
    assert len(seen) > 20
