import time

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from gancore.errors import UserError
from srgan import Generator
from srgan.data.dead_leaves import dead_leaves
from srgan.evaluation.evaluator import (
    Score,
    downscale,
    evaluate,
    mean_score,
    score_image,
    score_set,
)
from srgan.evaluation.methods import (
    bicubic_method,
    load_methods,
    network_method,
    short_names,
)
from srgan.evaluation.speed import measure_speed
from srgan.image_io.files import write_png
from srgan.inference.load import load
from srgan.inference.upscale import upscale


@pytest.fixture
def folder(tmp_path):
    hr_files = tmp_path / "Set" / "HR"
    hr_files.mkdir(parents=True)
    for i, size in enumerate((64, 50)):
        write_png(hr_files / f"{i}.png", dead_leaves(size, i))
    return tmp_path / "Set"


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when a test advances it, by seconds."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


def test_untrained_generator_scores_as_bicubic(folder):
    """It is bicubic upscaling, except for MATLAB's rounding between passes."""
    generator = Generator(2, blocks=1, filters=4)
    scores = evaluate(generator, folder).scores
    assert list(scores) == ["0.png", "1.png"]
    hr_files = {n: folder / "HR" / n for n in scores}
    bicubic = score_set(bicubic_method(2), hr_files, 2)
    for name, score in scores.items():
        other = bicubic.scores[name]
        assert score.psnr == pytest.approx(other.psnr, abs=0.05)
        assert score.ssim == pytest.approx(other.ssim, abs=2e-3)
        assert score.lr_psnr == pytest.approx(other.lr_psnr, abs=0.2)
        assert (
            score.pixels
            == other.pixels
            == {"0.png": 64**2, "1.png": 50**2}[name]
        )


def test_perfect_upscaling_has_the_best_scores():
    """A method that returns the HR image has 100 dB, the upper limit."""
    hr = dead_leaves(48, 1)
    score = score_image(lambda lr: hr, hr, 4)
    assert (score.psnr, score.lr_psnr) == (100, 100)
    assert score.ssim == pytest.approx(1)
    assert score.daala_ssim == pytest.approx(1)
    assert score.distance is None


def test_lr_psnr_is_of_the_downscaled_sr_image():
    """On a grey image there is no conversion to Y, so skimage agrees."""
    hr = dead_leaves(48, 1)[..., :1]
    sr = np.clip(hr.astype(int) + 7, 0, 255).astype("uint8")
    score = score_image(lambda lr: sr, hr, 2)
    expected = peak_signal_noise_ratio(
        downscale(hr, 2), downscale(sr, 2), data_range=255
    )
    assert score.lr_psnr == pytest.approx(expected, rel=1e-5)
    assert score.psnr > score.lr_psnr - 1


def test_time_excludes_the_first_call_of_a_method(folder, clock):
    calls = []

    def method(lr):
        clock(2.0 if calls else 500.0)
        calls.append(lr.shape)
        return bicubic_method(2)(lr)

    hr_files = {f"{i}.png": folder / "HR" / f"{i}.png" for i in range(2)}
    evaluation = score_set(method, hr_files, 2)
    assert len(calls) == 3
    assert [s.seconds for s in evaluation.scores.values()] == [2.0, 2.0]
    assert evaluation.scores["0.png"].speed == 64 * 64 / 2e6


def test_grey_file_is_upscaled_as_grey(folder):
    grey = Image.fromarray(dead_leaves(64, 3)).convert("L")
    grey.save(folder / "HR" / "2.png")
    tinted = Generator(2, blocks=1, filters=4)
    # A network that shifts red and blue in opposite ways: luma stays.
    weights = tinted.get_layer("tail").get_weights()
    shift = np.array([0.114, 0, -0.299], "float32")
    tinted.get_layer("tail").set_weights([weights[0], shift])
    sr = network_method(tinted)(downscale(np.asarray(grey)[..., None], 2))
    assert sr.shape == (64, 64, 1)
    score = evaluate(tinted, folder).scores["2.png"]
    tinted.get_layer("tail").set_weights(weights)
    plain = evaluate(tinted, folder).scores["2.png"]
    assert score.psnr == pytest.approx(plain.psnr, abs=0.02)


@pytest.mark.integration
def test_pretrained_weights_are_scored_as_upscale_runs_them(tmp_path):
    dark = np.random.default_rng(0).normal(20, 12, (24, 24, 3))
    dark = np.clip(np.round(dark), 0, 255).astype(np.uint8)
    dark = dark.repeat(4, axis=0).repeat(4, axis=1)
    write_png(tmp_path / "dark.png", dark)
    methods, scale = load_methods(["compact-x4"])
    low = downscale(dark, scale)
    kept = upscale(low, "compact-x4")
    plain = upscale(low, load("compact-x4"))
    assert (kept != plain).any()
    np.testing.assert_array_equal(methods["compact-x4"](low), kept)
    found = evaluate("compact-x4", tmp_path).mean.psnr
    expected = score_image(lambda lr: kept, dark, scale)
    assert found == pytest.approx(expected.psnr)


def test_unreadable_files_are_reported_and_skipped(folder, capsys):
    (folder / "HR" / "bad.png").write_text("text")
    write_png(folder / "HR" / "tiny.png", dead_leaves(8, 1))
    evaluation = evaluate(Generator(2, blocks=1, filters=4), folder)
    assert evaluation.skipped == ("bad.png", "tiny.png")
    assert set(evaluation.scores) == {"0.png", "1.png"}
    message = capsys.readouterr().err
    assert "bad.png: not an image" in message
    assert "tiny.png: 8 x 8 pixels are too few" in message


def test_no_usable_image_is_an_error(tmp_path):
    (tmp_path / "bad.png").write_text("text")
    with pytest.raises(UserError, match=r"no image can be scored: bad\.png"):
        evaluate(Generator(2, blocks=1, filters=4), tmp_path)


def test_wrong_output_size_is_an_error():
    with pytest.raises(UserError, match="made 24 x 24 pixels of 12 x 12, not"):
        score_image(bicubic_method(2), dead_leaves(48, 1), 4)


def test_mean_weights_images_equally():
    scores = [
        Score(30.0, 0.9, 0.8, 40.0, 1_000_000, 2.0, 0.1),
        Score(20.0, 0.7, 0.6, 50.0, 3_000_000, 2.0, 0.3),
    ]
    mean = mean_score(scores)
    assert (mean.psnr, mean.lr_psnr) == (25, 45)
    assert mean.ssim == pytest.approx(0.8)
    assert mean.distance == pytest.approx(0.2)
    # Of all pixels in all seconds, not the mean of the speeds.
    assert mean.speed == 1.0
    assert mean_score([scores[0], Score(1, 1, 1, 1, 1, 1)]).distance is None


def test_speed_is_the_median_of_alternating_rounds(clock):
    order = []

    def method(name, seconds):
        def run(lr):
            order.append(name)
            clock(next(seconds))
            return np.zeros((20, 50, 3), "uint8")

        return run

    methods = {
        "a": method("a", iter([900, 2, 300, 1])),
        "b": method("b", iter([900, 10, 4, 8])),
    }
    speeds = measure_speed(methods, np.zeros((5, 5, 3), "uint8"), repeats=3)
    assert "".join(order) == "abababab"
    assert speeds == {"a": 1e-3 / 2, "b": 1e-3 / 8}


def test_short_names_are_the_shortest_distinct_ones():
    assert short_names(["compact-x4"]) == ["compact-x4"]
    assert short_names(["runs/a/model.h5"]) == ["model"]
    assert short_names(["runs/a/model.h5", "runs/b/model.h5"]) == [
        "a/model",
        "b/model",
    ]
    assert short_names(["nets/bicubic.h5"]) == ["nets/bicubic"]
    with pytest.raises(UserError, match="the same name"):
        short_names(["a.h5", "a.h5"])


def test_bicubic_has_its_published_scores_on_set5(outside):
    """28.43 dB in Ledig et al. 2017, table 2; the rest from MATLAB's files."""
    folder = outside("data/sr/test/Set5/HR")
    hr_files = {path.name: path for path in sorted(folder.glob("*.png"))}
    mean = score_set(bicubic_method(4), hr_files, 4).mean
    assert mean.psnr == pytest.approx(28.43, abs=5e-3)
    assert mean.ssim == pytest.approx(0.8111, abs=5e-5)
    assert mean.daala_ssim == pytest.approx(0.8201, abs=5e-5)


@pytest.mark.slow
def test_bicubic_has_its_published_scores_on_bsd100(outside):
    """From MATLAB's files, and close to published values.

    Ledig et al. 2017, table 2, have 25.94 dB and 0.6935; most tables have
    0.6675 for the SSIM of rounded Y.
    """
    folder = outside("data/sr/test/BSD100/HR")
    hr_files = {path.name: path for path in sorted(folder.glob("*.png"))}
    mean = score_set(bicubic_method(4), hr_files, 4).mean
    assert mean.psnr == pytest.approx(25.96, abs=5e-3)
    assert mean.ssim == pytest.approx(0.6681, abs=5e-5)
    assert mean.daala_ssim == pytest.approx(0.6933, abs=5e-5)
