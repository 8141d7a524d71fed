"""The private symbols of Keras that are used exist and behave as expected.

A Keras release that moves or changes one fails here first.
"""

import importlib
import re

import keras
import pytest

SYMBOLS = {
    # Read and write an open HDF5 file; used by gancore/saving.
    "keras.src.legacy.saving.legacy_h5_format": (
        "load_model_from_hdf5",
        "save_model_to_hdf5",
    ),
    # Defer the values of weights; used by gancore/saving.
    "keras.src.backend.common.global_state": (
        "get_global_attribute",
        "set_global_attribute",
    ),
    "keras.src.backend.common.variables": ("initialize_all_variables",),
    # The direction of a metric, for callbacks; used by gancore/trackers.py.
    "keras.src.trainers.compile_utils": ("MetricsList",),
    # Run a graph with other operations; used by srgan/inference/folding.py.
    "keras.src.models.functional": ("Functional", "operation_fn"),
}
USERS = {"gancore/saving/keras_private.py", "srgan/inference/folding.py"}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in SYMBOLS.items() for name in names],
)
def test_the_symbol_exists(module, name):
    assert callable(getattr(importlib.import_module(module), name))


def test_private_modules_are_imported_in_two_places(root):
    users = {
        path.relative_to(root).as_posix()
        for package in ("gancore", "srgan", "textgan")
        for path in (root / package).rglob("*.py")
        if re.search(
            r"^\s*(from|import) keras\.src", path.read_text("utf-8"), re.M
        )
    }
    assert users == USERS


def test_variables_of_a_stateless_scope_are_deferred():
    from gancore.saving import keras_private

    with keras.StatelessScope(initialize_variables=False):
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
    deferred = keras_private.uninitialized_variables()
    assert [v.shape for v in deferred] == [(2, 3), (3,)]
    keras_private.clear_uninitialized_variables()
    assert not keras_private.uninitialized_variables()


def test_a_functional_model_runs_with_other_operations():
    x = keras.Input((2,))
    layer = keras.layers.ReLU()
    model = keras.Model(x, layer(x))
    assert model.outputs[0]._keras_history.operation is layer
    assert len(layer._inbound_nodes) == 1
    assert not layer._outbound_nodes
    found = model._run_through_graph(
        keras.ops.array([[-1.0, 2.0]]), lambda operation: lambda x: x
    )
    assert keras.tree.flatten(found)[0].numpy().tolist() == [[-1.0, 2.0]]
