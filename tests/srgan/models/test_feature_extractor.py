"""Feature networks from a file, and from Keras with failing downloads."""

import gc
import http.server
import threading

import keras
import pytest

from gancore.errors import UserError
from srgan.models.feature_extractor import (
    last_convolutions,
    load_feature_network,
)


def test_the_last_convolution_at_each_resolution():
    names = {"VGG16": "conv3", "VGG19": "conv4"}
    for name, last in names.items():
        network = getattr(keras.applications, name)(
            weights=None, include_top=False
        )
        assert last_convolutions(network) == [
            "block1_conv2",
            "block2_conv2",
            *(f"block{i}_{last}" for i in (3, 4, 5)),
        ]
    x = keras.Input((None, None, 3))
    with pytest.raises(UserError, match="no convolution"):
        last_convolutions(keras.Model(x, keras.layers.ReLU()(x)))


def test_files_that_are_no_network_are_rejected(tmp_path):
    with pytest.raises(UserError, match="no file"):
        load_feature_network(str(tmp_path / "absent.h5"))
    path = tmp_path / "text.h5"
    path.write_text("not a model")
    with pytest.raises(UserError, match="not an HDF5"):
        load_feature_network(str(path))


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A local web server of the files in a folder."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(
            keras.src.applications.vgg19,
            "WEIGHTS_PATH_NO_TOP",
            f"http://127.0.0.1:{server.server_port}/weights.h5",
        )
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(
            keras.src.backend.config, "_KERAS_DIR", str(tmp_path / "home")
        )
        yield folder
        server.shutdown()
        # Keras leaves the socket of a failed download to the collector.
        gc.collect()


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("content", [None, b"truncated"])
def test_the_error_of_a_failed_download_names_the_folder_of_the_file(
    server, content, tmp_path
):
    if content:
        (server / "weights.h5").write_bytes(content)
    with pytest.raises(UserError) as error:
        load_feature_network("vgg19")
    message = str(error.value)
    assert "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5" in message
    assert "253f8cb515780f3b799900260a226db6" in message
    assert str(tmp_path / "home" / "models") in message
    assert "--features discriminator" in message
