"""Fuzzed `.keras` archives: damaged as a whole, and in each part."""

import io
import json
import tempfile
import zipfile

import keras
import pytest
from hypothesis import strategies as st

from gancore.errors import UserError
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("valid") / "m.keras"
    low = keras.Input((2,), name="low")
    keras.Model(low, keras.layers.Dense(1, name="d")(low)).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in (CONFIG, WEIGHTS)}


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Loads an archive, or sees it refused in one sentence."""
    path = tmp_path / "m.keras"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run(data):
        path.write_bytes(data)
        try:
            with open_checked(path) as checked:
                assert load_network(checked).count_params() < 2**17
        except UserError as error:
            assert len(str(error).splitlines()) == 1
        finally:
            keras.backend.clear_session()

    return run


def zipped(parts):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return memory.getvalue()


def test_damaged_archives(fuzz, damaged, parts, check):
    check(zipped(parts))
    fuzz(check, damaged([zipped(parts)], odd=(b"PK\1\2", b"PK\3\4")))


def test_damaged_weights(fuzz, damaged, parts, check):
    cases = damaged([parts[WEIGHTS]], odd=(b"OHDR", b"TREE", b"\xff" * 8))
    fuzz(lambda data: check(zipped({**parts, WEIGHTS: data})), cases)


def test_altered_configs(fuzz, altered, parts, check):
    cases: st.SearchStrategy = altered(json.loads(parts[CONFIG]))

    def replace(config):
        text = json.dumps(config).encode()
        check(zipped({**parts, CONFIG: text}))

    fuzz(replace, cases)
