import keras
import numpy as np
import pytest

from srgan import Generator
from srgan.inference.receptive_field import (
    UnboundedReceptiveField,
    receptive_field,
)

layers = keras.layers


def build(*stack):
    low = x = keras.Input((None, None, 3))
    for layer in stack:
        x = layer(x)
    return keras.Model(low, x)


def conv(size, **settings):
    return layers.Conv2D(3, size, padding="same", **settings)


def measured(model, size):
    """How far one input pixel shows, in low-resolution pixels."""
    model.set_weights(
        [np.full(w.shape, 0.1, "float32") for w in model.get_weights()]
    )
    low = np.zeros((2, size, size, 3), "float32")
    low[1, size // 2, size // 2] = 1
    plain, dotted = np.asarray(model(low))
    ratio = len(plain) // size
    changed = np.argwhere((plain != dotted).any(axis=-1)) / ratio
    # Distance of an output pixel's place to the input pixel.
    return np.abs(changed - size // 2).max()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (build(conv(1)), 0),
        (build(conv(9)), 4),
        (build(conv(3), conv(5)), 3),
        (build(conv(3, dilation_rate=4)), 4),
        (build(conv((3, 7))), 3),
        (build(layers.DepthwiseConv2D(5, padding="same")), 2),
        (build(layers.SeparableConv2D(3, 5, padding="same")), 2),
        # At double resolution a pixel is half as far away.
        (build(layers.UpSampling2D(2), conv(9)), 3),
        (build(layers.ZeroPadding2D(2), layers.Conv2D(3, 5)), 6),
        (
            build(layers.Conv2DTranspose(3, 2, strides=2, padding="same")),
            1,
        ),
        (
            build(layers.Conv2DTranspose(3, 12, strides=4, padding="same")),
            2,
        ),
        (keras.Sequential([keras.Input((None, None, 3)), conv(3)]), 1),
        (
            build(build(conv(3)), layers.ReLU(), build(conv(5))),
            3,
        ),
    ],
)
def test_known_radii(model, expected):
    assert receptive_field(model).radius == expected
    assert receptive_field(model).alignment == 1


def test_the_default_generator():
    """Head 4, two per block, trunk 1; 3/2, 3/4 and 4/4 on the way up."""
    assert receptive_field(Generator(4)).radius == 4 + 32 + 1 + 4
    assert receptive_field(Generator(2, blocks=8)).radius == 4 + 16 + 1 + 2 + 2


@pytest.mark.parametrize(
    "model",
    [
        build(conv(9)),
        build(conv(3), conv(4), conv(3, dilation_rate=3)),
        build(layers.Conv2DTranspose(3, 6, strides=2, padding="same"), conv(9)),
        build(layers.Conv2DTranspose(3, 11, strides=3, padding="same")),
        build(layers.UpSampling2D(2, interpolation="bilinear"), conv(5)),
        build(layers.UpSampling2D(3, interpolation="bicubic")),
        Generator(4, blocks=1, filters=2),
        Generator(3, blocks=1, filters=2, compact=True),
    ],
)
def test_the_bound_holds_and_is_tight(model):
    bound, found = receptive_field(model).radius, measured(model, 40)
    assert found <= bound
    assert bound <= found + 6


def test_the_longest_path_counts():
    low = keras.Input((None, None, 3))
    far = conv(7)(conv(7)(low))
    model = keras.Model(low, layers.Add()([low, far, conv(3)(low)]))
    assert receptive_field(model).radius == 6


def test_downsampling_networks_have_an_alignment():
    model = build(
        conv(3, strides=2),
        layers.MaxPooling2D(2),
        conv(3),
        layers.UpSampling2D(4),
        conv(3),
    )
    field = receptive_field(model)
    assert field.alignment == 4
    assert field.radius >= measured(model, 40)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (
            build(layers.GlobalAveragePooling2D(keepdims=True)),
            "global_average",
        ),
        (build(layers.GroupNormalization(1)), "group_norm"),
        (build(layers.Lambda(lambda x: x)), "lambda"),
        (
            build(layers.Permute((2, 1, 3))),
            "permute",
        ),
    ],
)
def test_unbounded_layers_are_named(model, name):
    with pytest.raises(UnboundedReceptiveField, match=name):
        receptive_field(model)
