"""Export formats: how each is written, and run by its own runtime."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gancore.training.tf_setup import muted

if TYPE_CHECKING:
    import keras

Arrays = dict[str, np.ndarray]
# Maps arrays by input name to arrays by output name.
Run = Callable[[Arrays], Arrays]
# Axes of each input and output: a size, or the name of a dynamic axis.
Shapes = Mapping[str, Sequence[str | int]]


@dataclasses.dataclass(frozen=True)
class Format:
    """An export format.

    Attributes:
        ending: Ending of the names of such files.
        is_folder: Whether it is a folder of files.
        writers: Modules that writing needs, besides TensorFlow.
        runtime: Module that runs it.
        package: Distribution that installs the runtime.
        write: Writes a network with named inputs and outputs.
        open: Loads an export; returns a function that runs it.
    """

    ending: str
    is_folder: bool
    writers: tuple[str, ...]
    runtime: str
    package: str
    write: Callable[[keras.Model, Path, Shapes], None]
    open: Callable[[Path], Run]

    def version(self) -> str:
        """Returns the runtime's name and version."""
        return f"{self.package} {importlib.metadata.version(self.package)}"


def _write_onnx(network: keras.Model, path: Path, shapes: Shapes) -> None:
    import onnx

    with warnings.catch_warnings():
        # Keras looks up `np.object`, of which NumPy warns.
        warnings.filterwarnings("ignore", ".*np.object", FutureWarning)
        network.export(
            str(path),
            format="onnx",
            verbose=False,
            input_signature=[network.input],
        )
    model = onnx.load(path)
    # The converter also writes operations that ONNX does not have.
    onnx.checker.check_model(model)
    # It numbers dynamic axes; names are easier to read.
    for tensor in (*model.graph.input, *model.graph.output):
        sizes = tensor.type.tensor_type.shape.dim
        for size, name in zip(sizes, shapes[tensor.name], strict=True):
            if isinstance(name, str):
                size.dim_param = name
    onnx.save(model, path)


def _open_onnx(path: Path) -> Run:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    # Errors only; it warns of every GPU that is missing.
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path.read_bytes(), settings, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(
        zip(names, session.run(names, inputs), strict=True)
    )


def _write_litert(network: keras.Model, path: Path, _: Shapes) -> None:
    network.export(str(path), format="litert", verbose=False)


def _open_litert(path: Path) -> Run:
    from ai_edge_litert.interpreter import Interpreter

    step = Interpreter(model_content=path.read_bytes()).get_signature_runner()

    def run(inputs: Arrays) -> Arrays:
        with muted():  # The first call prints the delegate that is used.
            return step(**inputs)

    return run


def _write_saved_model(network: keras.Model, path: Path, _: Shapes) -> None:
    import tensorflow as tf

    def serve(**inputs: Any) -> Any:
        return network(inputs, training=False)

    signature = tf.function(serve, autograph=False).get_concrete_function(
        **{
            name: tf.TensorSpec(tensor.shape, tensor.dtype, name)
            for name, tensor in network.input.items()
        }
    )
    # Keras' own export writes every weight twice.
    module = tf.Module()
    module.network = network
    tf.saved_model.save(
        module, str(path), signatures={"serving_default": signature}
    )


def _open_saved_model(path: Path) -> Run:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def run(inputs: Arrays) -> Arrays:
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs: dict[str, Any] = loaded.signatures["serving_default"](
            **tensors
        )
        return {name: value.numpy() for name, value in outputs.items()}

    return run


FORMATS = {
    "onnx": Format(
        ending=".onnx",
        is_folder=False,
        writers=("onnx", "tf2onnx"),
        runtime="onnxruntime",
        package="onnxruntime",
        write=_write_onnx,
        open=_open_onnx,
    ),
    "litert": Format(
        ending=".tflite",
        is_folder=False,
        writers=(),
        runtime="ai_edge_litert",
        package="ai-edge-litert",
        write=_write_litert,
        open=_open_litert,
    ),
    "saved_model": Format(
        ending="_saved_model",
        is_folder=True,
        writers=(),
        runtime="tensorflow",
        package="tensorflow",
        write=_write_saved_model,
        open=_open_saved_model,
    ),
}
