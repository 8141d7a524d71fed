"""Loads every `.h5` of a folder with whatever Keras is installed, and uses it.

Run by the tests in a process of its own, which has no other code of this
project: `python load_and_use.py FOLDER`. Beside each `.h5` lies an `.npz` with
its inputs x0, x1 ... and the outputs y0, y1 ... to expect. Prints JSON.
"""

from __future__ import annotations

import json
import pathlib
import sys
import warnings

import keras
import numpy as np
import tensorflow as tf


def values(arrays, letter):
    return [arrays[name] for name in arrays.files if name[0] == letter]


def alone(tensors):
    """Keras takes and gives one tensor as it is, and several as a list."""
    return tensors[0] if len(tensors) == 1 else tensors


def several(tensors):
    return tensors if isinstance(tensors, list | tuple) else [tensors]


def difference(found, expected):
    """The largest difference, as a share of the range of what is expected.

    The range begins at 0: logits of a network that was hardly trained are all
    nearly the same number, and float32 has seven digits of it.
    """
    return max(
        float(np.abs(ours - theirs).max() / np.ptp([*theirs.flat, 0.0]))
        for ours, theirs in zip(several(found), expected, strict=True)
    )


def use(path: pathlib.Path) -> dict[str, float]:
    arrays = np.load(path.with_suffix(".npz"))
    given, expected = values(arrays, "x"), values(arrays, "y")
    model = keras.models.load_model(path)
    uncompiled = keras.models.load_model(path, compile=False)
    called = model(alone([tf.convert_to_tensor(x) for x in given]))
    found = {
        "called": difference([y.numpy() for y in several(called)], expected),
        "predicted": difference(
            uncompiled.predict(alone(given), verbose=0), expected
        ),
    }
    # By name, Keras before 3.3 does not find this loss again.
    model.compile(
        "sgd", loss=[keras.losses.MeanSquaredError() for _ in expected]
    )
    model.fit(alone(given), alone(expected), epochs=1, verbose=0)
    with warnings.catch_warnings():
        # Keras 2 recommends another format.
        warnings.filterwarnings("ignore", ".*HDF5 file via.*")
        model.save(path.with_suffix(".again.h5"))
    again = keras.models.load_model(
        path.with_suffix(".again.h5"), compile=False
    )
    found["saved again"] = difference(
        again.predict(alone(given), verbose=0),
        several(model.predict(alone(given), verbose=0)),
    )
    return found


def main() -> None:
    report = {}
    # Keras 2 lets go of names that newer versions of NumPy renamed.
    warnings.filterwarnings("error", category=UserWarning)
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.h5")):
        if ".again" in path.name:
            continue
        try:
            report[path.stem] = use(path)
        except Exception as error:
            report[path.stem] = f"{type(error).__name__}: {error}"
    print(json.dumps({"keras": keras.__version__, "files": report}))


if __name__ == "__main__":
    main()
