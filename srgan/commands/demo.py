"""The command `demo`: a web page that upscales a photo."""

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
    create_error_box,
    create_page,
    import_gradio,
    page_files,
    serve,
    show_errors,
)

if TYPE_CHECKING:
    from srgan.commands.demo_session import DemoSession

logger = logging.getLogger(__name__)

_INTRODUCTION = """# Upscale a photo
Bicubic interpolation on the left, super-resolution on the right. Photos stay on
this machine.
"""
_MEBIBYTE = 2**20
# The version of Pillow that fixed its decoders of JPEG and TIFF.
_FIXED_PILLOW = 13
# Gradio's divider between the images has no keyboard control; a slider has.
_MOVE_DIVIDER = "position => ({__type__: 'update', slider_position: position})"
# Nor has its zoom, which takes wheel events; `%s` is their sign.
_ZOOM = """() => {
  const image = document.querySelector('#comparison img');
  const {x, y, width, height} = image.getBoundingClientRect();
  for (let step = 0; step < 8; step++) {
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
        "An .h5 file to offer in addition to the pretrained weights.",
        group=PAGE,
        takes="FILE",
    )
    max_pixels: int = option(
        16_000_000,
        "Maximum size of a photo; larger ones are refused.",
        group=PAGE,
        unit="pixels",
        low=1,
    )
    max_megabytes: int = option(
        64,
        "Maximum size of a file; larger ones are refused.",
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

        _warn_of_old_pillow()
        session = DemoSession(folder, options.max_pixels, options.model)
        page = build_page(session)
        serve(page, options, max_upload=options.max_megabytes * _MEBIBYTE)
    return 0


def _warn_of_old_pillow() -> None:
    version = metadata.version("pillow")
    if int(version.partition(".")[0]) < _FIXED_PILLOW:
        logger.warning(
            f"Gradio requires Pillow {version}, whose JPEG and TIFF decoders "
            f"have vulnerabilities that {_FIXED_PILLOW} fixed; upscale only "
            "photos that you trust"
        )


def build_page(session: DemoSession) -> Any:
    """Builds the page.

    Args:
        session: Upscales the photos.

    Returns:
        Gradio's `Blocks`.
    """
    gradio = import_gradio()
    # Such a default value connects a function to Gradio's progress bar.
    progress_bar = gradio.Progress()

    def show_thumbnail(path: str | None) -> Iterator[tuple[Any, ...]]:
        shown = session.thumbnail(path) if path else None
        yield (gradio.update(value=shown, visible=bool(path)),)

    def show_denoise(name: str) -> Any:
        return gradio.update(visible=session.has_denoise(name))

    def upscale(
        path: str | None,
        name: str,
        strength: float,
        progress: Any = progress_bar,
    ) -> Iterator[tuple[Any, ...]]:
        if not path:
            raise UserError("choose a photo first")
        # The progress bar is shown in place of the images.
        empty = gradio.update(value=None, visible=True)
        yield gradio.update(visible=False), empty, "", None
        found = session.compare(path, name, progress, strength)
        yield (
            gradio.update(visible=True),
            found.shown,
            found.summary,
            found.path,
        )

    with create_page("Upscale a photo") as page:
        gradio.Markdown(_INTRODUCTION)
        with gradio.Row(equal_height=True):
            with gradio.Column():
                photo = gradio.File(
                    label="Photo: PNG, JPEG, WebP, AVIF, TIFF or BMP",
                    type="filepath",
                    elem_id="photo",
                )
                thumbnail = gradio.Image(
                    label="Chosen photo",
                    type="filepath",
                    buttons=[],
                    interactive=False,
                    visible=False,
                    height=200,
                    elem_id="thumbnail",
                )
            with gradio.Column():
                model = gradio.Radio(
                    session.choices,
                    value=session.choices[0][1],
                    label="Model",
                    elem_id="model",
                )
                denoise = gradio.Slider(
                    0,
                    1,
                    1,
                    step=0.05,
                    label="Denoise: how strongly noise and artifacts are "
                    "removed",
                    visible=session.has_denoise(session.choices[0][1]),
                    elem_id="denoise",
                )
                button = gradio.Button(
                    "Upscale", variant="primary", elem_id="upscale"
                )
        comparison = gradio.ImageSlider(
            label="Bicubic | super-resolution",
            type="filepath",
            buttons=["fullscreen"],
            interactive=False,
            visible=False,
            max_height=600,
            elem_id="comparison",
        )
        error_box = create_error_box()
        with gradio.Column(visible=False) as result:
            with gradio.Row():
                divider = gradio.Slider(
                    0,
                    100,
                    50,
                    label="Divider",
                    scale=3,
                    min_width=320,
                    elem_id="divider",
                )
                zoom_in = gradio.Button("Zoom in", min_width=100)
                zoom_out = gradio.Button("Zoom out", min_width=100)
            summary = gradio.Markdown(elem_id="summary")
            download = gradio.DownloadButton(
                "Download the upscaled photo (PNG)", elem_id="download"
            )
        photo.change(
            show_errors(show_thumbnail, error_box, hidden=[thumbnail]),
            photo,
            [thumbnail, error_box],
            show_progress="hidden",
            api_visibility="private",
        )
        model.change(
            show_denoise,
            model,
            denoise,
            show_progress="hidden",
            api_visibility="private",
        )
        divider.input(None, divider, comparison, js=_MOVE_DIVIDER)
        zoom_in.click(None, js=_ZOOM % -1)
        zoom_out.click(None, js=_ZOOM % 1)
        button.click(
            show_errors(upscale, error_box, hidden=[result, comparison]),
            [photo, model, denoise],
            [result, comparison, summary, download, error_box],
            show_progress_on=comparison,
            api_visibility="private",
        )
    return page
