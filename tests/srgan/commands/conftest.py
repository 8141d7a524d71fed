"""A model that the tests of commands share."""

import pytest

from gancore.saving.model_io import save_h5
from srgan import Generator


@pytest.fixture(scope="package")
def model(tmp_path_factory):
    """A file of a tiny bicubic SR model."""
    path = tmp_path_factory.mktemp("model") / "tiny.h5"
    save_h5(Generator(2, blocks=1, filters=2), path, {"package": "srgan"})
    return str(path)
