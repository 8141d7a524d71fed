"""The command `demo`: a web page that upscales a photograph."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training import tf_setup
from gancore.webui.server import (
    PAGE,
    PageOptions,
    import_gradio,
    make_error_box,
    make_page,
    page_files,
    serve,
    show_errors,
)

if TYPE_CHECKING:
    from srgan.commands.demo_session import DemoSession

logger = logging.getLogger(__name__)

_ABOUT = """# Upscale a photograph
Bicubic interpolation on the left, the network on the right. Everything happens
on this machine.
"""
_MEGABYTE = 2**20
# The version of Pillow that mended its decoders of JPEG and TIFF.
_MENDED = 13
# The handle between the images knows no keys, so a slider moves it too.
_MOVE = "place => ({__type__: 'update', slider_position: place})"
# Likewise the zoom knows only the wheel and two fingers; `%s` tells its sense.
_ZOOM = """() => {
  const image = document.querySelector('#comparison img');
  const {x, y, width, height} = image.getBoundingClientRect();
  for (let turn = 0; turn < 8; turn++) {
    image.dispatchEvent(new WheelEvent('wheel', {
      deltaY: %s, bubbles: true, cancelable: true,
      clientX: x + width / 2, clientY: y + height / 2,
    }));
  }
}"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoOptions(PageOptions):
    """Options of `python -m srgan demo`."""

    model: str | None = option(
        None,
        "An .h5 file to choose from beside the shipped weights.",
        group=PAGE,
        takes="FILE",
    )
    max_pixels: int = option(
        16_000_000,
        "Larger photographs are refused.",
        group=PAGE,
        unit="pixels",
        low=1,
    )
    max_megabytes: int = option(
        64,
        "Larger files are refused.",
        group=PAGE,
        unit="MiB",
        low=1,
        high=4096,
    )


def run(options: DemoOptions) -> int:
    """Serves the page until it is stopped.

    Returns:
        0.

    Raises:
        UserError: If Gradio is not installed, the model cannot be used, or
            the port is taken.
    """
    with page_files() as folder:
        tf_setup.set_up_inference(0)
        from srgan.commands.demo_session import DemoSession

        _tell_old_decoders()
        studio = DemoSession(folder, options.max_pixels, options.model)
        page = build_page(studio)
        serve(page, options, max_upload=options.max_megabytes * _MEGABYTE)
    return 0


def _tell_old_decoders() -> None:
    version = metadata.version("pillow")
    if int(version.partition(".")[0]) < _MENDED:
        logger.warning(
            f"Gradio holds Pillow at {version}, whose decoders can be attacked "
            f"by files made for it, as those of {_MENDED} cannot; open "
            "photographs of your own"
        )


def build_page(studio: DemoSession) -> Any:
    """Lays out the page.

    Args:
        studio: Does the work.

    Returns:
        Gradio's `Blocks`.
    """
    gradio = import_gradio()
    # Gradio knows by such a default that a function reports its progress.
    bar = gradio.Progress()

    def upscale(
        path: str | None, name: str, progress: Any = bar
    ) -> Iterator[tuple[Any, ...]]:
        if not path:
            raise UserError("choose a photograph first")
        # Progress is seen where the images will be.
        waiting = gradio.update(value=None, visible=True)
        yield gradio.update(visible=False), waiting, "", None
        made = studio.compare(path, name, progress)
        yield gradio.update(visible=True), made.shown, made.about, made.path

    with make_page("Upscale a photograph") as page:
        gradio.Markdown(_ABOUT)
        with gradio.Row(equal_height=True):
            photo = gradio.File(
                label="Photograph: PNG, JPEG, WebP, TIFF or BMP",
                type="filepath",
                elem_id="photo",
            )
            with gradio.Column():
                model = gradio.Radio(
                    studio.choices,
                    value=studio.choices[0][1],
                    label="Model",
                    elem_id="model",
                )
                button = gradio.Button(
                    "Upscale", variant="primary", elem_id="upscale"
                )
        shown = gradio.ImageSlider(
            label="Bicubic | network",
            type="filepath",
            buttons=["fullscreen"],
            interactive=False,
            visible=False,
            max_height=600,
            elem_id="comparison",
        )
        problem = make_error_box()
        with gradio.Column(visible=False) as result:
            with gradio.Row():
                place = gradio.Slider(
                    0,
                    100,
                    50,
                    label="Divider",
                    scale=3,
                    min_width=320,
                    elem_id="divider",
                )
                closer = gradio.Button("Zoom in", min_width=100)
                farther = gradio.Button("Zoom out", min_width=100)
            about = gradio.Markdown(elem_id="about")
            download = gradio.DownloadButton(
                "Download the upscaling (PNG)", elem_id="download"
            )
        place.input(None, place, shown, js=_MOVE)
        closer.click(None, js=_ZOOM % -1)
        farther.click(None, js=_ZOOM % 1)
        button.click(
            show_errors(upscale, problem, hidden=[result, shown]),
            [photo, model],
            [result, shown, about, download, problem],
            show_progress_on=shown,
            api_visibility="private",
        )
    return page
