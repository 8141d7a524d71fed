"""Standard input and output of the command `upscale`."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.commands.upscale import UpscaleOptions, run
from srgan.inference.upscale import upscale

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 11, 3), np.uint8)


def encoded(kind, **settings):
    memory = io.BytesIO()
    Image.fromarray(PIXELS).save(memory, kind, **settings)
    return memory.getvalue()


@pytest.fixture
def pipe(monkeypatch, model):
    """Runs the command; returns its status and what it writes."""

    def pipe(*words, given=b"", **settings):
        output = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            stdout = io.TextIOWrapper(output, write_through=True)
            patch.setattr(sys, "stdout", stdout)
            options = UpscaleOptions(photos=words, model=model, **settings)
            status = run(options)
            stdout.detach()
        return status, output.getvalue()

    return pipe


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_an_image_passes_through_in_its_format(pipe, kind, capsys):
    status, output = pipe("-", given=encoded(kind), out="-")
    assert status == 0
    with Image.open(io.BytesIO(output)) as image:
        assert (image.format, image.size) == (kind, (22, 16))
    message = capsys.readouterr()
    assert "22 x 16" in message.err
    assert message.out == ""


def test_the_pixels_are_those_of_the_library(pipe, model):
    _, output = pipe("-", given=encoded("PNG"), out="-", format="tiff")
    with Image.open(io.BytesIO(output)) as image:
        assert image.format == "TIFF"
        np.testing.assert_array_equal(image, upscale(PIXELS, model))


def test_a_file_to_standard_output_and_input_into_a_folder(pipe, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    status, output = pipe(str(path), out="-")
    assert status == 0
    assert output.startswith(b"\x89PNG")
    status, output = pipe("-", given=encoded("JPEG"), out=str(tmp_path / "out"))
    assert (status, output) == (0, b"")
    assert (tmp_path / "out" / "stdin_x2.jpg").is_file()


@pytest.mark.parametrize("data", [b"", b"no image", encoded("PNG")[:60]])
def test_nothing_is_written_for_a_damaged_image(pipe, data, capsys):
    assert pipe("-", given=data, out="-") == (1, b"")
    assert "skipped standard input: " in capsys.readouterr().err


def test_impossible_combinations_are_refused(pipe, tmp_path):
    with pytest.raises(UserError, match="one image only"):
        pipe("-", "a.png", out="-")
    with pytest.raises(UserError, match="needs --out"):
        pipe("-", given=encoded("PNG"))


def test_a_terminal_gets_no_image(model, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UserError, match="is a terminal"):
        run(UpscaleOptions(photos=("a.png",), model=model, out="-"))
