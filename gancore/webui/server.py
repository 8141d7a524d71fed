"""What both web pages share: how one is served, and how it tells errors."""

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
# Nobody beyond this machine can reach it.
_HOST = "127.0.0.1"
# Gradio's own choice of ports begins here.
_FIRST_PORT = 7860
# Seconds between two looks for old files, and what is old.
_SWEEP, _OLD = 300, 3600
_SANS = ("system-ui", "sans-serif")
_MONOSPACED = ("ui-monospace", "monospace")
# Gradio's own are too faint for WCAG's contrast of 4.5 to 1.
_COLOURS = {
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_300",
}
# Gradio's buttons and boxes show no focus, which a keyboard needs; its column
# is as wide as what stands in it; and its messages cover what one works with.
_STYLE = """
.gradio-container main { width: 100%; max-width: 60rem;
  margin-inline: auto !important; }
:is(button, input, textarea, a, [tabindex]):focus-visible {
  outline: 3px solid var(--color-accent) !important; outline-offset: 2px;
}
#photo :focus-visible { outline-offset: -3px; }
.toast-wrap { inset-block: auto 1rem !important; }
#jokes, #problem { overflow-wrap: anywhere; }
#problem p {
  border-inline-start: 4px solid var(--error-icon-color);
  padding-inline-start: 0.75rem;
}
#write { align-self: end; }
"""
_UNEXPECTED = (
    "Something went wrong in the program; its terminal shows what it was."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PageOptions:
    """Base of the options of both pages."""

    port: int = option(
        0,
        "Port of this machine to serve the page at; 0 for the first free one "
        f"from {_FIRST_PORT}.",
        group=PAGE,
        low=0,
        high=65_535,
    )
    queue: int = option(
        20,
        "Most requests that wait for their turn; further ones are refused.",
        group=PAGE,
        low=1,
    )
    browser: bool = option(
        False, "Show the page in this machine's browser.", group=PAGE
    )

    def __post_init__(self) -> None:
        check_ranges(self)


def import_gradio() -> Any:
    """Imports Gradio, told to call nobody.

    Raises:
        UserError: If it is not installed.
    """
    # Read when it is imported: its reports of use, and its own look for a
    # newer version.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    require("gradio", extra="demo")
    return importlib.import_module("gradio")


@contextlib.contextmanager
def page_files() -> Iterator[Path]:
    """Imports Gradio and gives a folder for all that it takes in and makes.

    The folder is gone at the end. Pages have to be built inside, since their
    parts keep its name.

    Raises:
        UserError: If Gradio is not installed.
    """
    before = os.environ.get("GRADIO_TEMP_DIR")
    # What a request still writes while the server stops should hinder nothing.
    with tempfile.TemporaryDirectory(
        prefix="page-", ignore_cleanup_errors=True
    ) as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            import_gradio()
            yield Path(folder)
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
            if before is not None:
                os.environ["GRADIO_TEMP_DIR"] = before


def make_page(title: str) -> Any:
    """Begins a page, whose parts are then made inside `with`."""
    return import_gradio().Blocks(title=title, delete_cache=(_SWEEP, _OLD))


def make_error_box() -> Any:
    """Makes the part of a page where an error is told."""
    return import_gradio().HTML(visible=False, elem_id="problem")


def show_errors(
    work: Callable[..., Any], problem: Any, hidden: Sequence[Any] = ()
) -> Callable[..., Any]:
    """Lets a page's function fail in a sentence, as the commands do.

    What nobody foresaw is told in general words on the page and in full on
    standard error.

    Args:
        work: A generator function of tuples, which Gradio shows one by one.
        problem: Tells the error until the next try; last of the outputs.
        hidden: Outputs that have nothing to show then.

    Returns:
        A function that gives one more value, of the problem.
    """
    update = import_gradio().update

    @functools.wraps(work)
    def message(*values: Any, **named: Any) -> Iterator[Any]:
        try:
            for shown in work(*values, **named):
                yield (*shown, update(visible=False))
        except UserError as error:
            message = _sentence(str(error))
        except OSError as error:
            message = _sentence(error.strerror or str(error))
        except Exception:
            traceback.print_exc()
            message = _UNEXPECTED
        else:
            return
        said = f'<p role="alert">{html.escape(message)}</p>'
        yield {
            **{part: update(visible=False) for part in hidden},
            problem: update(value=said, visible=True),
        }

    return message


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."


def serve(page: Any, options: PageOptions, *, max_upload: int = 0) -> None:
    """Serves a page to this machine alone, until Ctrl-C or SIGTERM.

    Args:
        page: Gradio's `Blocks`.
        options: Where and for how many.
        max_upload: Most bytes of a file that is sent here.

    Raises:
        UserError: If the port is taken.
    """
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
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
            css=_STYLE,
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
        primary_hue="blue", font=_SANS, font_mono=_MONOSPACED
    )
    return theme.set(**_COLOURS)
