"""Serves a Gradio page on this machine and shows errors on it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import html
import importlib
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.lazy import require

PAGE = "page"
# Reachable only from this machine.
_HOST = "127.0.0.1"
# First of the ports that Gradio tries.
_FIRST_PORT = 7860
# Seconds between two deletions of old files, and their age.
_CACHE_INTERVAL, _CACHE_AGE = 300, 3600
# The fonts of Gradio's themes are loaded from another host.
_FONT = ("system-ui", "sans-serif")
_MONOSPACE_FONT = ("ui-monospace", "monospace")
# Gradio's defaults are below the contrast of 4.5 to 1 that WCAG asks for.
_COLORS = {
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_300",
}
# Gradio shows no keyboard focus on buttons and boxes, sizes its column by its
# content, and covers the top of the page with toasts.
_CSS = """
.gradio-container main { width: 100%; max-width: 60rem;
  margin-inline: auto !important; }
:is(button, input, textarea, a, [tabindex]):focus-visible {
  outline: 3px solid var(--color-accent) !important; outline-offset: 2px;
}
#photo :focus-visible { outline-offset: -3px; }
.toast-wrap { inset-block: auto 1rem !important; }
#jokes, #error { overflow-wrap: anywhere; }
"""
_UNEXPECTED = "An unexpected error occurred; the terminal shows its traceback."


@dataclasses.dataclass(frozen=True, kw_only=True)
class PageOptions:
    """Base of the options of both pages."""

    port: int = option(
        0,
        f"Port of the page; 0 for the first free one from {_FIRST_PORT}.",
        group=PAGE,
        low=0,
        high=65_535,
    )
    queue: int = option(
        20,
        "Maximum number of waiting requests; further ones are refused.",
        group=PAGE,
        low=1,
    )
    browser: bool = option(False, "Open the page in the browser.", group=PAGE)

    def __post_init__(self) -> None:
        check_ranges(self)


def import_gradio() -> Any:
    """Imports Gradio without its telemetry.

    Raises:
        UserError: If it is not installed.
    """
    # Read at import; also turns off its check for a newer version.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    require("gradio", extra="demo")
    return importlib.import_module("gradio")


@contextlib.contextmanager
def page_files() -> Iterator[Path]:
    """Imports Gradio; yields a folder for uploaded and generated files.

    The folder is deleted at the end. Pages must be built inside the context,
    since their components store its path.

    Raises:
        UserError: If Gradio is not installed.
    """
    previous = os.environ.get("GRADIO_TEMP_DIR")
    # A request may still write while the server stops.
    with tempfile.TemporaryDirectory(
        prefix="page-", ignore_cleanup_errors=True
    ) as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            import_gradio()
            yield Path(folder)
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
            if previous is not None:
                os.environ["GRADIO_TEMP_DIR"] = previous


def create_page(title: str) -> Any:
    """Creates an empty page, to which components are added inside `with`."""
    return import_gradio().Blocks(
        title=title, delete_cache=(_CACHE_INTERVAL, _CACHE_AGE)
    )


def create_error_box() -> Any:
    """Creates the component that shows errors."""
    return import_gradio().HTML(visible=False, elem_id="error")


def show_errors(
    function: Callable[..., Any], error_box: Any, hidden: Sequence[Any] = ()
) -> Callable[..., Any]:
    """Wraps an event handler so that errors are shown in one sentence.

    An unexpected error is shown in general words on the page, and its
    traceback on standard error.

    Args:
        function: Generator function of tuples, one value per output.
        error_box: Component of `create_error_box`, last of the outputs; it
            shows the error until the next request.
        hidden: Outputs to hide after an error.

    Returns:
        An event handler with one more output, the error box.
    """
    update = import_gradio().update

    @functools.wraps(function)
    def handler(*args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            for outputs in function(*args, **kwargs):
                yield (*outputs, update(visible=False))
        except UserError as error:
            message = _sentence(str(error))
        except OSError as error:
            message = _sentence(error.strerror or str(error))
        except Exception:
            traceback.print_exc()
            message = _UNEXPECTED
        else:
            return
        alert = f'<p role="alert">{html.escape(message)}</p>'
        yield {
            **{output: update(visible=False) for output in hidden},
            error_box: update(value=alert, visible=True),
        }

    return handler


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."


def serve(page: Any, options: PageOptions, *, max_upload: int = 0) -> None:
    """Serves a page on this machine until Ctrl-C or SIGTERM.

    Args:
        page: Gradio's `Blocks`.
        options: Port, length of the queue, and browser.
        max_upload: Maximum size of an uploaded file in bytes.

    Raises:
        UserError: If the port is taken.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    page.queue(max_size=options.queue, default_concurrency_limit=1)
    try:
        _, address, _ = page.launch(
            server_name=_HOST,
            server_port=options.port or None,
            max_file_size=max_upload,
            inbrowser=options.browser,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            footer_links=[],
            theme=_theme(),
            css=_CSS,
        )
    except OSError as error:
        raise UserError(
            f"port {options.port or _FIRST_PORT} is taken or not allowed; "
            "choose another with --port"
        ) from error
    print(f"The page is at {address} (Ctrl-C ends it)", flush=True)
    stop.wait()
    page.close(verbose=False)
    print("The page is closed", file=sys.stderr)


def _theme() -> Any:
    theme = import_gradio().themes.Default(
        primary_hue="blue", font=_FONT, font_mono=_MONOSPACE_FONT
    )
    return theme.set(**_COLORS)
