import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import read_metadata, save_h5
from srgan import Generator
from srgan.commands.interpolate import InterpolateOptions, run
from srgan.inference.interpolation import interpolate


def network(seed, **changes):
    """A generator whose every weight is its own."""
    generator = Generator(2, **{"blocks": 1, "filters": 4, **changes})
    random = np.random.default_rng(seed)
    generator.set_weights(
        [
            w + random.normal(0, 0.1, w.shape) * (w.ndim < 4)
            for w in generator.get_weights()
        ]
    )
    return generator


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.8, 1.0])
def test_weights_are_interpolated(alpha):
    a, b = network(1), network(2)
    before = [w.copy() for w in a.get_weights()]
    mixed = interpolate(a, b, alpha)
    for x, y, z in zip(before, b.get_weights(), mixed.get_weights(),
                       strict=True):  # fmt: skip
        np.testing.assert_allclose(z, x + alpha * (y - x), atol=1e-6)
    for x, y in zip(before, a.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)


def test_alpha_0_and_1_equal_the_networks():
    a, b = network(1), network(2)
    low = np.random.default_rng(0).uniform(0, 255, (1, 6, 7, 3))
    for alpha, end in ((0, a), (1, b)):
        np.testing.assert_array_equal(interpolate(a, b, alpha)(low), end(low))
    assert np.abs(a(low) - b(low)).max() > 1


def test_equal_weights_stay_bit_identical():
    """Such as the bicubic skip, which is not trained."""
    a = network(1)
    mixed = interpolate(a, a, 0.3)
    for x, y in zip(a.get_weights(), mixed.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)


def two_ways(crossed):
    """Two graphs of the same layers in the same order."""
    low = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(3, 3, padding="same")(low)
    second = keras.layers.Conv2D(3, 3, padding="same")(first)
    source = low if crossed else first
    return keras.Model(low, keras.layers.Add()([second, source]))


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (
            lambda: network(1),
            lambda: network(1, filters=8),
            "'head' of the first, filters is 4, in the second 8",
        ),
        (
            lambda: network(1),
            lambda: network(1, batch_norm=True),
            "'block00_prelu' of the first, kind is PReLU, in the second Batch",
        ),
        (
            lambda: network(1),
            lambda: network(1, blocks=2),
            "at layer 'trunk'|at layer 'long_skip'",
        ),
        (
            lambda: two_ways(False),
            lambda: two_ways(True),
            "sources is",
        ),
    ],
)
def test_the_first_difference_is_named(one, other, message):
    with pytest.raises(UserError, match=message):
        interpolate(one(), other(), 0.5)


def test_layer_names_are_ignored():
    mixed = interpolate(two_ways(True), two_ways(True), 0.5)
    assert mixed.output_shape == (None, None, None, 3)


def test_the_command_records_the_provenance_of_both(tmp_path):
    networks = [network(1), network(2)]
    paths = [tmp_path / f"{name}.h5" for name in "ab"]
    for one, path in zip(networks, paths, strict=True):
        save_h5(one, path, {"scale": 2, "made_of": path.stem})
    settings = dict(
        model_a=str(paths[0]),
        model_b=str(paths[1]),
        out=str(tmp_path / "mixed.h5"),
        alpha=0.25,
    )
    assert run(InterpolateOptions(**settings)) == 0
    about = read_metadata(tmp_path / "mixed.h5")
    assert (about["scale"], about["alpha"]) == (2, 0.25)
    assert [
        (one["model"], one["provenance"]["made_of"])
        for one in about["interpolated_from"]
    ] == [("a.h5", "a"), ("b.h5", "b")]
    saved = keras.models.load_model(tmp_path / "mixed.h5")
    expected = interpolate(*networks, 0.25)
    for x, y in zip(saved.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)
    with pytest.raises(UserError, match=r"mixed\.h5 exists already"):
        run(InterpolateOptions(**settings))
    with pytest.raises(UserError, match=r"mixed\.keras does not end in \.h5"):
        InterpolateOptions(**{**settings, "out": "mixed.keras"})
    with pytest.raises(UserError, match=r"--alpha is 1\.5, more than 1"):
        InterpolateOptions(**{**settings, "alpha": 1.5})
