"""The command `demo`: a web page that writes jokes."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gancore.config_fields import option
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
    from textgan.inference.text_generator import TextGenerator

_ABOUT = """# Write jokes
A network writes them word by word, on this machine. It knows how jokes are
built, not what is funny.
"""
_MOST = 20
_NO_REPEATS = 3
_LONGEST_PROMPT = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoOptions(PageOptions):
    """Options of `python -m textgan demo`."""

    model: str = option(
        "jokes", "Generator: a name, or an .h5 file.", group=PAGE, takes="FILE"
    )
    clean: bool = option(
        True,
        "Leave out jokes with slurs, profanity or unkind topics.",
        group=PAGE,
    )


def run(options: DemoOptions) -> int:
    """Serves the page until it is stopped.

    Returns:
        0.

    Raises:
        UserError: If Gradio is not installed, the model cannot be used, or
            the port is taken.
    """
    with page_files():
        tf_setup.set_up_inference(0)
        from textgan.inference.load import load

        serve(build_page(load(options.model), clean=options.clean), options)
    return 0


def build_page(text_generator: TextGenerator, clean: bool = True) -> Any:
    """Builds the page.

    Args:
        text_generator: Generates the jokes.
        clean: Leave out jokes that are not clean.

    Returns:
        Gradio's `Blocks`.
    """
    from textgan.inference.generation_request import (
        BEAM_SEARCH,
        DETERMINISTIC,
        GREEDY,
        STRATEGIES,
        GenerationRequest,
        generate_request,
    )

    gradio = import_gradio()

    def write(
        prompt: str,
        strategy: str,
        temperature: float,
        top_p: float,
        top_k: int,
        num_beams: int,
        no_repeat_ngram_size: int,
        count: int,
        first: int | None,
    ) -> Iterator[tuple[Any, Any]]:
        request = GenerationRequest(
            prompt=prompt or "",
            strategy=strategy,
            temperature=temperature,
            top_p=top_p,
            top_k=int(top_k),
            num_beams=int(num_beams),
            no_repeat_ngram_size=int(no_repeat_ngram_size),
            count=int(count),
            first=int(first or 0),
        )
        yield "", gradio.skip()
        strange = text_generator.unknown_words(request.prompt)
        message: list[tuple[int, str]] = []
        for number, joke in generate_request(
            text_generator, request, clean=clean
        ):
            message.append((number, joke))
            # The next time go on with the next ones.
            after = gradio.skip() if strategy in DETERMINISTIC else number + 1
            yield _list(message, strange), after

    def knobs_of(way: str) -> list[Any]:
        by_chance = way not in DETERMINISTIC
        shown = (
            by_chance,
            way == "top-p",
            way == "top-k",
            way == BEAM_SEARCH,
            way != GREEDY,
            by_chance,
        )
        # The likeliest text of all is often one mark, over and over.
        repeats = 0 if by_chance else _NO_REPEATS
        return [*(gradio.update(visible=v) for v in shown), repeats]

    with make_page("Write jokes") as page:
        gradio.Markdown(_ABOUT)
        with gradio.Row():
            prompt = gradio.Textbox(
                label="Beginning",
                info="What every joke begins with, if anything, in at most "
                f"{_LONGEST_PROMPT} letters.",
                placeholder="Why did the",
                max_length=_LONGEST_PROMPT,
                scale=4,
                elem_id="prompt",
            )
            button = gradio.Button(
                "Write", variant="primary", scale=1, elem_id="write"
            )
        problem = make_error_box()
        jokes = gradio.HTML(elem_id="jokes")
        with gradio.Row():
            way = gradio.Radio(
                STRATEGIES,
                value=STRATEGIES[0],
                label="How the next word is chosen",
                elem_id="way",
            )
        with gradio.Row():
            temperature = gradio.Slider(
                0.1,
                2.0,
                0.7,
                step=0.05,
                label="Temperature",
                info="Below 1 likely words become likelier.",
            )
            top_p = gradio.Slider(
                0.05,
                1.0,
                0.9,
                step=0.05,
                label="Top-p",
                info="Only the likeliest words of this total share.",
            )
            top_k = gradio.Slider(
                1,
                200,
                40,
                step=1,
                label="Top-k",
                info="Only so many of the likeliest words.",
                visible=False,
            )
            beams = gradio.Slider(
                1,
                20,
                5,
                step=1,
                label="Beams",
                info="Beginnings that are followed at a time.",
                visible=False,
            )
            no_repeat_ngram_size = gradio.Slider(
                0,
                5,
                0,
                step=1,
                label="No repeats",
                info="No run of so many words stands twice; 0 for any.",
            )
        with gradio.Row():
            count = gradio.Slider(1, _MOST, 5, step=1, label="Jokes")
            first = gradio.Number(
                0,
                label="Number of the first joke",
                info="The same number gives the same joke.",
                precision=0,
                minimum=0,
                elem_id="first",
            )
        gradio.on(
            [button.click, prompt.submit],
            show_errors(write, problem),
            [
                prompt,
                way,
                temperature,
                top_p,
                top_k,
                beams,
                no_repeat_ngram_size,
                count,
                first,
            ],
            [jokes, first, problem],
            show_progress_on=jokes,
            api_visibility="private",
        )
        way.change(
            knobs_of,
            way,
            [
                temperature,
                top_p,
                top_k,
                beams,
                count,
                first,
                no_repeat_ngram_size,
            ],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    return page


def _list(message: list[tuple[int, str]], strange: list[str]) -> str:
    """Gives jokes as HTML, with their numbers and the words not known."""
    rows = (
        f'<li value="{number}">{html.escape(joke)}</li>'
        for number, joke in message
    )
    note = ""
    if strange:
        named = html.escape(", ".join(strange))
        note = f"<p>The model does not know {named}, and reads on without.</p>"
    return f"<ol>{''.join(rows)}</ol>{note}"
