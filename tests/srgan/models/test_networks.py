import keras
import numpy as np
import pytest
import tensorflow as tf

from srgan import Discriminator, Generator, UNetDiscriminator
from srgan.models.generator import SCALES, _deconvolution, sub_pixel_kernel


def image(*shape):
    values = np.random.default_rng(0).uniform(0, 255, shape)
    return values.astype("float32")


@pytest.mark.parametrize("ratio", [2, 3, 4])
def test_deconvolution_equals_sub_pixel_convolution(ratio):
    random = np.random.default_rng(0)
    weights = random.normal(size=(3, 3, 5, ratio**2, 7)).astype("float32")
    x = random.normal(size=(2, 6, 8, 5)).astype("float32")
    shuffled = tf.nn.depth_to_space(
        tf.nn.conv2d(x, weights.reshape(3, 3, 5, -1), 1, "SAME"), ratio
    )
    layer = keras.layers.Conv2DTranspose(
        7, 3 * ratio, strides=ratio, padding="same", use_bias=False
    )
    layer.build(x.shape)
    layer.set_weights([sub_pixel_kernel(weights, ratio)])
    np.testing.assert_allclose(layer(x), shuffled, atol=1e-4)


@pytest.mark.parametrize("ratio", [2, 3])
def test_up_sampling_starts_without_checkerboard(ratio):
    x = keras.Input((None, None, 6))
    model = keras.Model(x, _deconvolution(x, 4, ratio, "up"))
    out = model(image(1, 5, 7, 6)).numpy()
    blocks = out.reshape(1, 5, ratio, 7, ratio, 4)
    # Equal but for the order of sums in float32, which the processor chooses.
    np.testing.assert_allclose(
        blocks,
        np.broadcast_to(blocks[:, :, :1, :, :1], blocks.shape),
        rtol=1e-5,
        atol=1e-4,
    )
    assert out.std() > 1


@pytest.mark.parametrize("scale", SCALES)
def test_the_untrained_generator_is_bicubic_at_any_size(scale):
    generator = Generator(scale, blocks=2, filters=8)
    for height, width in ((5, 9), (12, 4)):
        lr = image(1, height, width, 3)
        sr = generator(lr)
        size = (height * scale, width * scale)
        assert sr.shape == (1, *size, 3)
        if scale != 3:  # TensorFlow's table of the kernel is coarse for 3.
            expected = tf.image.resize(lr, size, "bicubic")
            np.testing.assert_allclose(sr, expected, atol=1e-2)


def test_generator_has_the_papers_size():
    """1,554,883 is the count of the usual 16x64 network with biases."""
    usual = 1_554_883
    generator = Generator(4, batch_norm=True)
    # Here sub-pixels share the up-sampling bias (2 x 64 instead of 2 x 256),
    # and the frozen skip is not counted.
    convolutions = [
        layer
        for layer in generator.layers
        if type(layer).__name__ in ("Conv2D", "Conv2DTranspose")
        and layer.trainable
    ]
    norms = [w for w in generator.weights if "norm" in w.path]
    prelus = [w for w in generator.weights if "prelu" in w.path]
    count = sum(layer.count_params() for layer in convolutions)
    assert len(convolutions) == 1 + 2 * 16 + 1 + 2 + 1
    count += sum(int(np.prod(w.shape)) for w in norms + prelus)
    # Both have two up-sampling PReLUs of 64 maps.
    assert count == usual - 2 * (256 - 64)


def test_an_unknown_scale_is_rejected():
    with pytest.raises(ValueError, match="scale is 5"):
        Generator(5)


@pytest.mark.parametrize("size", [16, 33, 96])
def test_discriminator_takes_any_patch_size(size):
    discriminator = Discriminator(width=0.1)
    assert discriminator(image(2, size, size, 3)).shape == (2, 1)


def test_discriminator_has_the_papers_blocks():
    discriminator = Discriminator()
    convolutions = [
        (layer.filters, layer.strides[0], layer.kernel_size[0])
        for layer in discriminator.layers
        if type(layer).__name__ == "Conv2D"
    ]
    # Ledig et al. 2017, figure 4.
    assert convolutions == [
        (64, 1, 3), (64, 2, 3), (128, 1, 3), (128, 2, 3),
        (256, 1, 3), (256, 2, 3), (512, 1, 3), (512, 2, 3),
    ]  # fmt: skip
    assert discriminator.get_layer("dense").units == 1024


@pytest.mark.parametrize(
    "network",
    [
        lambda: Generator(2, blocks=1, filters=4, batch_norm=True),
        lambda: Discriminator(width=0.1),
    ],
)
def test_get_config_rebuilds_the_network(network):
    network = network()
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    x = image(1, 16, 16, 3)
    np.testing.assert_array_equal(network(x), copy(x))


def test_the_compact_design_has_the_published_size_and_is_bicubic_at_first():
    """375,411 by arithmetic: 3x3 convolutions and one 12x12 deconvolution."""
    generator = Generator(4, blocks=8, filters=48, compact=True)
    convolution = 9 * 48 * 48 + 48
    count = (9 * 3 * 48 + 48) + 17 * convolution + (144 * 48 * 3 + 3)
    trained = sum(int(np.prod(w.shape)) for w in generator.trainable_variables)
    assert trained == count == 375_411
    lr = image(1, 7, 5, 3)
    expected = tf.image.resize(lr, (28, 20), "bicubic")
    np.testing.assert_allclose(generator(lr), expected, atol=1e-2)


def test_a_generator_is_rebuilt_from_its_config():
    generator = Generator(2, 1, 4, True, True, 3, name="mine")
    copy = Generator.from_config(generator.get_config())
    assert copy.get_config() == generator.get_config()
    assert [w.shape for w in copy.weights] == [
        w.shape for w in generator.weights
    ]


@pytest.mark.parametrize("compact", [False, True])
def test_noise_changes_the_output(compact):
    generator = Generator(2, 1, 4, compact=compact, noise_channels=2)
    tail = generator.get_layer("tail").kernel
    tail.assign(tf.fill(tail.shape, 0.01))
    lr = image(1, 6, 7, 3)
    first, second = (
        generator([lr, np.full((1, 6, 7, 2), value, "float32")])
        for value in (-1.0, 1.0)
    )
    assert first.shape == (1, 12, 14, 3)
    assert float(tf.reduce_max(tf.abs(first - second))) > 1e-3


def test_the_u_net_scores_each_pixel_by_its_surroundings():
    discriminator = UNetDiscriminator(0.1)
    pixels = image(1, 64, 64, 3)
    logits = discriminator(pixels).numpy()
    assert logits.shape == (1, 64, 64, 1)
    changed = pixels.copy()
    changed[0, :8, :8] = 0
    difference = np.abs(discriminator(changed).numpy() - logits)[0, ..., 0]
    assert difference[:8, :8].mean() > 100 * difference[-8:, -8:].mean()


def test_the_u_nets_spectral_norms_become_one():
    discriminator = UNetDiscriminator(0.1)
    for _ in range(30):
        discriminator(image(1, 16, 16, 3), training=True)
    kernel = discriminator.get_layer("norm4").layer.kernel.numpy()
    matrix = kernel.reshape(-1, kernel.shape[-1])
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    assert largest == pytest.approx(1.0, abs=0.05)
