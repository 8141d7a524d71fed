"""What a user of Keras types, and what they expect of it."""

import math
import subprocess
import sys

import keras
import numpy as np
import pytest

import srgan

LR = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
HR = LR.repeat(2, axis=1).repeat(2, axis=2)


def make_gan(**kwargs):
    return srgan.GAN(
        srgan.Generator(2, blocks=1, filters=4),
        srgan.Discriminator(0.05),
        **kwargs,
    )


@pytest.fixture
def gan():
    made = make_gan()
    # Eagerly, which takes less time than to trace a graph for one step.
    made.compile("adam", "adam", run_eagerly=True)
    return made


def fit(gan, **kwargs):
    kwargs.setdefault("epochs", 1)
    return gan.fit(LR, HR, batch_size=2, verbose=0, **kwargs)


def test_a_saved_generator_loads_where_the_package_is_not(tmp_path):
    generator = srgan.Generator(2, blocks=1, filters=4)
    np.save(tmp_path / "lr.npy", LR)
    code = "import sys, numpy, keras\n"
    for name in ("g.h5", "g.keras"):
        generator.save(tmp_path / name)
        code += (
            f"model = keras.models.load_model('{name}')\n"
            f"numpy.save('{name}.npy', model(numpy.load('lr.npy')))\n"
        )
    code += "assert not {'srgan', 'gancore'} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True)
    for name in ("g.h5", "g.keras"):
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, generator(LR), atol=1e-2)


def test_the_ema_generator_is_saved_and_loaded(gan, tmp_path):
    fit(gan)
    gan.ema_generator.save(tmp_path / "ema.h5")
    srgan.save(gan, tmp_path / "gan.h5")
    for name in ("ema.h5", "gan.h5"):
        loaded = srgan.load(tmp_path / name)
        np.testing.assert_allclose(loaded(LR), gan(LR), atol=1e-3)
        assert loaded.name == "generator"


def test_save_takes_h5_and_upscalers_only(tmp_path):
    generator = srgan.Generator(2, blocks=1, filters=4)
    with pytest.raises(ValueError, match=r"does not end in \.h5"):
        srgan.save(generator, tmp_path / "g.keras")
    with pytest.raises(TypeError, match="expected a Keras model"):
        srgan.save("g", tmp_path / "g.h5")


def test_a_saved_gan_trains_on_where_it_was(gan, tmp_path):
    fit(gan, epochs=2)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded) is srgan.GAN
    for ours, theirs in zip(gan.weights, loaded.weights, strict=True):
        if "seed" not in ours.path:
            np.testing.assert_array_equal(ours, theirs)
    for name in ("g_optimizer", "d_optimizer"):
        pairs = zip(
            getattr(gan, name).variables,
            getattr(loaded, name).variables,
            strict=True,
        )
        for ours, theirs in pairs:
            np.testing.assert_array_equal(ours, theirs)
    assert loaded.objective == gan.objective
    first, second = fit(gan), fit(loaded)
    assert first.history["loss"] == pytest.approx(second.history["loss"])


def test_the_config_of_a_gan_rebuilds_it():
    gan = make_gan(ema_decay=0.5, name="mine")
    again = srgan.GAN.from_config(gan.get_config())
    assert again.name == "mine"
    assert again.ema_decay == 0.5
    shapes = [[w.shape for w in g.weights] for g in (gan, again)]
    assert shapes[0] == shapes[1]


def test_a_gan_is_not_saved_as_h5(gan, tmp_path):
    with pytest.raises(ValueError, match=r"does not end in \.keras"):
        gan.save(tmp_path / "gan.h5")


def test_checkpoints_and_early_stopping_know_the_direction(gan, tmp_path):
    best = tmp_path / "best.keras"
    callbacks = [
        keras.callbacks.ModelCheckpoint(best, "val_psnr", save_best_only=True),
        keras.callbacks.EarlyStopping("val_ssim"),
        keras.callbacks.EarlyStopping("val_gen_loss"),
    ]
    fit(gan, epochs=2, validation_data=(LR, HR), callbacks=callbacks)
    up = [c.monitor_op(2.0, 1.0) for c in callbacks]
    assert [bool(x) for x in up] == [True, True, False]
    assert type(keras.models.load_model(best)) is srgan.GAN


def test_callbacks_set_the_learning_rates_of_both_networks(gan):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.25)
    history = fit(gan, callbacks=[scheduler]).history
    assert history["learning_rate_generator"] == [0.25]
    assert history["learning_rate_discriminator"] == [0.25]
    plateau = keras.callbacks.ReduceLROnPlateau(
        "loss", factor=0.5, patience=1, min_delta=1e9
    )
    fit(gan, epochs=2, callbacks=[plateau])
    rates = [gan.g_optimizer.learning_rate, gan.d_optimizer.learning_rate]
    assert [float(rate) for rate in rates] == [0.125, 0.125]


def test_summary_counts_the_variables_of_both_optimizers(gan):
    lines = []
    gan.summary(print_fn=lines.append)
    moments = sum(
        math.prod(variable.shape)
        for optimizer in (gan.g_optimizer, gan.d_optimizer)
        for variable in optimizer.variables
    )
    assert f"Optimizer params: {moments:,}" in "\n".join(lines)


def test_optimizers_are_resolved_as_keras_does():
    gan = make_gan()
    config = keras.optimizers.serialize(keras.optimizers.SGD(0.5))
    gan.compile("rmsprop", config)
    assert type(gan.g_optimizer) is keras.optimizers.RMSprop
    assert float(gan.d_optimizer.learning_rate) == 0.5
    with pytest.raises(ValueError, match="expected a Keras optimizer"):
        gan.compile(None, "adam")


@pytest.mark.parametrize("given", [{"loss": "mse"}, {"metrics": ["mae"]}])
def test_compile_refuses_what_it_would_not_use(given):
    with pytest.raises(ValueError, match="objective"):
        make_gan().compile("adam", "adam", **given)


def test_a_loaded_model_can_be_trained_on():
    gan = srgan.GAN(srgan.load("compact-x2"), srgan.Discriminator(0.05))
    gan.compile("adam", "adam", run_eagerly=True)
    before = gan.generator.get_weights()
    fit(gan)
    assert gan.scale == 2
    assert any(
        (a != b).any()
        for a, b in zip(before, gan.generator.get_weights(), strict=True)
    )
    assert gan.ema_generator is not gan.generator


def test_batches_are_trained_and_tested_on(gan):
    logs = gan.train_on_batch(LR, HR, return_dict=True)
    assert np.isfinite(logs["loss"])
    assert gan.test_on_batch(LR, HR, return_dict=True)["psnr"] > 0
    with pytest.raises(ValueError, match="sample_weight"):
        gan.train_on_batch(LR, HR, sample_weight=np.ones(2))


def test_uint8_images_are_trained_on_and_upscaled(gan):
    lr, hr = LR.astype("uint8"), HR.astype("uint8")
    losses = [
        gan.evaluate(*pair, verbose=0, return_dict=True)["gen_loss"]
        for pair in ((lr, hr), (lr.astype("float32"), hr.astype("float32")))
    ]
    assert losses[0] == pytest.approx(losses[1])
    assert np.isfinite(gan.train_on_batch(lr, hr, return_dict=True)["loss"])
    assert gan(lr).shape == hr.shape


@pytest.mark.parametrize(
    ("lr", "hr"),
    [(LR, HR[:, :14]), (LR[..., :1], HR), (LR, None), (LR[0], HR[0])],
)
def test_images_that_do_not_match_are_refused(gan, lr, hr):
    with pytest.raises(ValueError, match="expected"):
        gan.train_on_batch(lr, hr)


def test_a_model_that_does_not_upscale_is_refused():
    with pytest.raises(ValueError, match="expected RGB"):
        srgan.GAN(srgan.Discriminator(0.05), srgan.Discriminator(0.05))
    with pytest.raises(TypeError, match="expected a Keras model"):
        srgan.GAN("compact-x4", srgan.Discriminator(0.05))


def test_two_networks_are_part_of_one_model():
    first, second = (srgan.Generator(2, blocks=1, filters=4) for _ in "ab")
    x = keras.Input((None, None, 3))
    both = keras.Model(x, second(first(x)))
    assert both(LR).shape == (2, 32, 32, 3)


def test_dtype_is_that_of_the_layers():
    generator = srgan.Generator(2, 1, 4, dtype="mixed_bfloat16")
    assert generator.compute_dtype == "bfloat16"
    assert generator.get_layer("head").compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", ["compact-x2", None])
def test_a_model_is_exported_before_it_was_called(name, tmp_path):
    pytest.importorskip("tf2onnx")
    model = srgan.load(name) if name else srgan.Generator(2, 1, 4)
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    assert (tmp_path / "model.onnx").stat().st_size > 1000
