import json
import os
import sys

import keras
import numpy as np
import pytest

from gancore.errors import RuntimeFailure, UserError
from gancore.export.exporter import ExportCheck, ExportOptions, export
from gancore.export.formats import FORMATS

SHAPES = {"x": ("batch", 2), "y": ("batch", 3)}
X = np.array([[1, 2], [3, 4], [5, 6]], "float32")


@pytest.fixture
def network():
    """y = x @ w + b, with weights to check by hand."""
    x = keras.Input((2,), name="x")
    layer = keras.layers.Dense(3)
    model = keras.Model({"x": x}, {"y": layer(x)})
    layer.set_weights([np.array([[1, 0, 2], [0, 1, 3]]), np.array([7, 8, 9])])
    return model


def options(path, format, **settings):
    ending = FORMATS[format].ending
    return ExportOptions(
        model="some.h5", format=format, output=f"{path}/out{ending}", **settings
    )


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_runs_and_has_metadata(tmp_path, network, format, capsys):
    pytest.importorskip(FORMATS[format].runtime)
    given = options(tmp_path, format)
    outputs = []

    def max_difference(run):
        outputs.append(run({"x": X})["y"])
        return 0.25

    for settings in (given, options(tmp_path, format, overwrite=True)):
        settings.check()
        check = ExportCheck(max_difference, 0.5, "units")
        export(settings, network, SHAPES, check, {"package": "any"})
    for output in outputs:
        assert output.tolist() == [[8, 10, 17], [10, 12, 27], [12, 14, 37]]
    metadata = json.loads(given.metadata_path.read_text(encoding="utf-8"))
    assert metadata["package"] == "any"
    assert metadata["inputs"] == {
        "x": {"dtype": "float32", "shape": ["batch", 2]}
    }
    assert metadata["tried"]["largest_difference"] == 0.25
    names = {given.target.name, given.metadata_path.name}
    assert set(os.listdir(tmp_path)) == names
    printed = capsys.readouterr().out
    assert "maximum difference from Keras 2.5e-01 units" in printed


def test_dynamic_axes_have_names(tmp_path, network):
    onnx = pytest.importorskip("onnx")
    given = options(tmp_path, "onnx")
    FORMATS["onnx"].write(network, given.target, SHAPES)
    graph = onnx.load(given.target).graph
    (size, two) = graph.input[0].type.tensor_type.shape.dim
    assert (size.dim_param, two.dim_value) == ("batch", 2)
    assert graph.output[0].name == "y"


@pytest.mark.parametrize("difference", [0.6, float("nan")])
def test_an_export_that_differs_is_not_kept(tmp_path, network, difference):
    given = options(tmp_path, "saved_model")
    check = ExportCheck(lambda run: difference, 0.5, "units")
    with pytest.raises(RuntimeFailure, match="units from Keras in tensorflow"):
        export(given, network, SHAPES, check, {})
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_one_line(tmp_path, on_a_small_disk):
    pytest.importorskip("tf2onnx")
    result = on_a_small_disk("""
        import keras
        from gancore.export.exporter import ExportOptions, export
        from gancore.errors import one_line_errors

        x = keras.Input((200,), name="x")
        network = keras.Model({"x": x}, {"y": keras.layers.Dense(200)(x)})
        shapes = {"x": ("batch", 200), "y": ("batch", 200)}
        with one_line_errors("test"):
            export(ExportOptions(model="m.h5"), network, shapes, None, {})
    """)
    assert result.returncode == 1
    message = result.stderr.splitlines()[-1]
    assert message == "test: error: could not write m.onnx: File too large"
    assert os.listdir(tmp_path) == []


def test_an_export_that_does_not_run_is_not_kept(tmp_path, network):
    pytest.importorskip("ai_edge_litert")
    given = options(tmp_path, "litert")
    check = ExportCheck(lambda run: run({"z": X})["y"], 0.5, "units")
    with pytest.raises(
        RuntimeFailure, match=r"some\.h5 does not run in ai-edge"
    ):
        export(given, network, SHAPES, check, {})
    assert os.listdir(tmp_path) == []


def test_operations_that_onnx_lacks_are_found_without_the_runtime(
    tmp_path, monkeypatch
):
    pytest.importorskip("tf2onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    x = keras.Input((2,), name="x")
    network = keras.Model({"x": x}, {"y": keras.ops.erfinv(x)})
    shapes = {"x": ("batch", 2), "y": ("batch", 2)}
    with pytest.raises(RuntimeFailure, match=r"written as out\.onnx: .*Erfinv"):
        export(options(tmp_path, "onnx"), network, shapes, None, {})
    assert os.listdir(tmp_path) == []


def test_without_the_runtime_the_export_is_not_verified(
    tmp_path, network, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    given = options(tmp_path, "litert")
    check = ExportCheck(lambda run: 1 / 0, 0.5, "units")
    export(given, network, SHAPES, check, {})
    assert given.target.read_bytes()[4:8] == b"TFL3"
    assert "tried" not in json.loads(given.metadata_path.read_text())
    printed = capsys.readouterr()
    assert "warning: ai-edge-litert is not installed, so" in printed.err
    assert "Run by" not in printed.out


def test_a_missing_converter_is_found_before_work_starts(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(UserError, match=r"needs tf2onnx.*srgan\[export\]"):
        options(tmp_path, "onnx").check()


def test_existing_files_are_not_replaced(tmp_path):
    given = options(tmp_path, "saved_model")
    given.target.mkdir()
    (given.target / "holiday.jpg").touch()
    with pytest.raises(UserError, match="exists already; --overwrite"):
        given.check()
    forced = options(tmp_path, "saved_model", overwrite=True)
    with pytest.raises(
        UserError, match="is not a SavedModel and is not replaced"
    ):
        forced.check()
    options(tmp_path, "litert").check()
    (tmp_path / "out.tflite.json").touch()
    with pytest.raises(UserError, match=r"out\.tflite\.json exists already"):
        options(tmp_path, "litert").check()


def test_the_file_is_named_after_the_model_and_the_format():
    assert ExportOptions(model="runs/a/my.v2.h5").target.name == "my.v2.onnx"
    assert ExportOptions(model="jokes", format="litert").metadata_path.name == (
        "jokes.tflite.json"
    )
    with pytest.raises(UserError, match=r"does not end in \.tflite"):
        ExportOptions(model="jokes", format="litert", output="jokes.onnx")
