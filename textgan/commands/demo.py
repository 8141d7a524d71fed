"""The command `demo`: a web page that generates jokes."""

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
    create_error_box,
    create_page,
    import_gradio,
    page_files,
    serve,
    show_errors,
)

if TYPE_CHECKING:
    from textgan.inference.text_generator import TextGenerator

_INTRODUCTION = """# Generate jokes
An LSTM trained on jokes generates them word by word, on this machine.
"""
_MAX_JOKES = 20
# Default of beam search and greedy decoding, which tend to repeat a token.
_NO_REPEAT_NGRAM_SIZE = 3
_MAX_PROMPT_LENGTH = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoOptions(PageOptions):
    """Options of `python -m textgan demo`."""

    model: str = option(
        "jokes",
        "Generator: name of pretrained weights, or an .h5 file.",
        group=PAGE,
        takes="FILE",
    )
    clean: bool = option(
        True,
        "Leave out jokes with slurs, profanity or sensitive topics.",
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

    def generate(
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
        unknown = text_generator.unknown_words(request.prompt)
        jokes: list[tuple[int, str]] = []
        for number, joke in generate_request(
            text_generator, request, clean=clean
        ):
            jokes.append((number, joke))
            # The next request continues with the next number.
            after = gradio.skip() if strategy in DETERMINISTIC else number + 1
            yield _to_html(jokes, unknown), after

    def show_options(strategy: str) -> list[Any]:
        samples = strategy not in DETERMINISTIC
        visible = (
            samples,
            strategy == "top-p",
            strategy == "top-k",
            strategy == BEAM_SEARCH,
            strategy != GREEDY,
            samples,
        )
        size = 0 if samples else _NO_REPEAT_NGRAM_SIZE
        return [*(gradio.update(visible=v) for v in visible), size]

    with create_page("Generate jokes") as page:
        gradio.Markdown(_INTRODUCTION)
        with gradio.Row():
            prompt = gradio.Textbox(
                label="Prompt",
                info="Optional text that every joke starts with, up to "
                f"{_MAX_PROMPT_LENGTH} characters.",
                placeholder="Why did the",
                max_length=_MAX_PROMPT_LENGTH,
                scale=4,
                elem_id="prompt",
            )
            button = gradio.Button(
                "Generate", variant="primary", scale=1, elem_id="generate"
            )
        error_box = create_error_box()
        output = gradio.HTML(elem_id="jokes")
        with gradio.Row():
            strategy = gradio.Radio(
                STRATEGIES,
                value=STRATEGIES[0],
                label="Decoding strategy",
                elem_id="strategy",
            )
        with gradio.Row():
            temperature = gradio.Slider(
                0.1,
                2.0,
                0.7,
                step=0.05,
                label="Temperature",
                info="Below 1, likely words become more likely.",
            )
            top_p = gradio.Slider(
                0.05,
                1.0,
                0.9,
                step=0.05,
                label="Top-p",
                info="Samples from the most likely words that have this "
                "probability together.",
            )
            top_k = gradio.Slider(
                1,
                200,
                40,
                step=1,
                label="Top-k",
                info="Samples from this number of most likely words.",
                visible=False,
            )
            num_beams = gradio.Slider(
                1,
                20,
                5,
                step=1,
                label="Beams",
                info="Number of beams.",
                visible=False,
            )
            no_repeat_ngram_size = gradio.Slider(
                0,
                5,
                0,
                step=1,
                label="No-repeat n-gram size",
                info="No n-gram of this length is repeated; 0 for off.",
            )
        with gradio.Row():
            count = gradio.Slider(1, _MAX_JOKES, 5, step=1, label="Jokes")
            first = gradio.Number(
                0,
                label="Number of the first joke",
                info="Seed: the same number gives the same joke.",
                precision=0,
                minimum=0,
                elem_id="first",
            )
        gradio.on(
            [button.click, prompt.submit],
            show_errors(generate, error_box),
            [
                prompt,
                strategy,
                temperature,
                top_p,
                top_k,
                num_beams,
                no_repeat_ngram_size,
                count,
                first,
            ],
            [output, first, error_box],
            show_progress_on=output,
            api_visibility="private",
        )
        strategy.change(
            show_options,
            strategy,
            [
                temperature,
                top_p,
                top_k,
                num_beams,
                count,
                first,
                no_repeat_ngram_size,
            ],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    return page


def _to_html(jokes: list[tuple[int, str]], unknown: list[str]) -> str:
    """Returns jokes with their numbers, and unknown words, as HTML."""
    rows = (
        f'<li value="{number}">{html.escape(joke)}</li>'
        for number, joke in jokes
    )
    info = ""
    if unknown:
        words = html.escape(", ".join(unknown))
        info = f"<p>Not in the vocabulary, read as &lt;unk&gt;: {words}.</p>"
    return f"<ol>{''.join(rows)}</ol>{info}"
