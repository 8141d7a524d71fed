import os

import h5py
import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import read_metadata, save_h5


class Net(keras.Model):
    """A Functional subclass, which Keras could not load by its class name."""

    def __init__(self) -> None:
        inputs = keras.Input((30,))
        outputs = keras.layers.Dense(200)(inputs)
        super().__init__(inputs, outputs, name="net")


def test_a_subclass_is_saved_as_a_plain_model(tmp_path):
    net, path = Net(), tmp_path / "net.h5"
    save_h5(net, path, {"scale": 4})
    loaded = keras.models.load_model(path)
    x = np.random.default_rng(0).normal(size=(5, 30)).astype("float32")
    np.testing.assert_array_equal(loaded([x]), net(x))
    assert type(loaded).__module__.startswith("keras.")


def test_metadata_of_any_length_round_trip(tmp_path):
    # HDF5 limits attributes of fixed length to 64 KiB; a vocabulary is longer.
    facts = {"vocabulary": ["wörd" + str(i) for i in range(50_000)]}
    save_h5(Net(), tmp_path / "net.h5", facts)
    assert read_metadata(tmp_path / "net.h5") == facts


def test_files_without_metadata_are_refused(tmp_path):
    (tmp_path / "text.h5").write_text("not HDF5")
    h5py.File(tmp_path / "foreign.h5", "w").close()
    for name in ("text.h5", "foreign.h5", "absent.h5"):
        with pytest.raises(UserError, match=name):
            read_metadata(tmp_path / name)


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    net, path = Net(), tmp_path / "net.h5"
    net.layers[-1].bias.assign(np.full(200, np.nan))
    with pytest.raises(UserError, match="not finite"):
        save_h5(net, path, {})
    assert not path.exists()


@pytest.mark.integration
def test_a_full_disk_keeps_the_existing_file(tmp_path, on_a_small_disk):
    (tmp_path / "net.h5").write_bytes(b"old")
    result = on_a_small_disk("""
        from pathlib import Path
        from gancore.errors import one_line_errors
        from gancore.training.tf_setup import set_up_inference

        with one_line_errors("test"):
            set_up_inference(1)
            import keras
            from gancore.saving.model_io import save_h5

            inputs = keras.Input((30,))
            net = keras.Model(inputs, keras.layers.Dense(200)(inputs))
            save_h5(net, Path("net.h5"), {})
    """)
    assert result.returncode == 1
    sentence = "test: error: could not write net.h5: File too large"
    assert result.stderr.splitlines()[-1] == sentence
    assert "Traceback" not in result.stderr
    assert (tmp_path / "net.h5").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["net.h5"]
