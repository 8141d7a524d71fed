"""Loads and uses every `.h5` of a folder with the installed version of Keras.

Run by the tests in a process without other code of this project:
`python load_and_use.py FOLDER`. Beside each `.h5` lies an `.npz` with inputs
x0, x1 ... and the expected outputs y0, y1 ... Prints JSON.
"""

from __future__ import annotations

import json
import pathlib
import sys
import warnings

import keras
import numpy as np
import tensorflow as tf


def arrays_of(archive, letter):
    return [archive[name] for name in archive.files if name[0] == letter]


def unwrap(tensors):
    """Returns a single tensor as it is, several as a list, as Keras does."""
    return tensors[0] if len(tensors) == 1 else tensors


def to_list(tensors):
    return tensors if isinstance(tensors, list | tuple) else [tensors]


def relative_difference(found, expected):
    """Returns the maximum difference relative to the range of what is expected.

    The range includes 0: logits of a network that was hardly trained are all
    nearly equal, and float32 has seven digits.
    """
    return max(
        float(np.abs(ours - theirs).max() / np.ptp([*theirs.flat, 0.0]))
        for ours, theirs in zip(to_list(found), expected, strict=True)
    )


def use(path: pathlib.Path) -> dict[str, float]:
    archive = np.load(path.with_suffix(".npz"))
    inputs = arrays_of(archive, "x")
    expected = arrays_of(archive, "y")
    model = keras.models.load_model(path)
    uncompiled = keras.models.load_model(path, compile=False)
    called = model(unwrap([tf.convert_to_tensor(x) for x in inputs]))
    found = {
        "called": relative_difference(
            [y.numpy() for y in to_list(called)], expected
        ),
        "predicted": relative_difference(
            uncompiled.predict(unwrap(inputs), verbose=0), expected
        ),
    }
    # Keras before 3.3 does not find this loss by name after saving.
    model.compile(
        "sgd", loss=[keras.losses.MeanSquaredError() for _ in expected]
    )
    model.fit(unwrap(inputs), unwrap(expected), epochs=1, verbose=0)
    with warnings.catch_warnings():
        # Keras 2 recommends another format.
        warnings.filterwarnings("ignore", ".*HDF5 file via.*")
        model.save(path.with_suffix(".again.h5"))
    again = keras.models.load_model(
        path.with_suffix(".again.h5"), compile=False
    )
    found["saved again"] = relative_difference(
        again.predict(unwrap(inputs), verbose=0),
        to_list(model.predict(unwrap(inputs), verbose=0)),
    )
    return found


def main() -> None:
    report = {}
    # Of this kind only, since Keras 2 uses deprecated names of NumPy.
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
