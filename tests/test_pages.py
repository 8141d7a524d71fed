"""Both demo pages in a headless browser.

Screenshots are written to `artefacts/`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.saving.model_io import save_h5
from srgan import Generator, upscale
from srgan.data.dead_leaves import dead_leaves

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "artefacts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1100, "height": 900}
# Records the hosts that the program connects to, and runs the command.
MONITORED = """
import runpy, sys
calls = open(sys.argv.pop(1), "w")
def audit(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        print(arguments[1][0], file=calls, flush=True)
    elif event == "socket.getaddrinfo":
        print(arguments[0], file=calls, flush=True)
sys.addaudithook(audit)
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""
LOCAL = {"127.0.0.1", "localhost"}


@contextlib.contextmanager
def running(folder, package, *words):
    """Serves a page; yields its URL, then checks files, output and hosts."""
    pytest.importorskip("gradio", reason="needs the extra demo")
    files, calls = folder / "files", folder / "calls"
    files.mkdir()
    command = [sys.executable, "-c", MONITORED, calls, package, "demo", *words]
    with (
        (folder / "errors").open("w+") as errors,
        subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(files)},
        ) as server,
    ):
        try:
            line = server.stdout.readline()
            yield re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(timeout=60)
        errors.seek(0)
        message = errors.read()
    assert status == 0, message
    assert "Traceback" not in message
    assert message.endswith("The page is closed\n")
    assert not list(files.iterdir())
    assert set(calls.read_text().split()) <= LOCAL


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip(
        "playwright.sync_api", reason="needs the extra browser"
    )
    paths = filter(None, map(shutil.which, BROWSERS))
    path = next(paths, None)
    if path is None:
        pytest.skip(f"needs one of {', '.join(BROWSERS)}")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
            # The browser's own sandbox does not start for the superuser.
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens a page as a new visitor; checks that no other host is called."""
    hosts, contexts = set(), []

    def record(request):
        hosts.update(re.findall(r"^\w+://([^/:]+)", request.url))

    def open_page(address, size=DESKTOP):
        context = chromium.new_context(viewport=size, accept_downloads=True)
        context.on("request", record)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(address)
        page.wait_for_selector("#upscale, #generate")
        page.wait_for_load_state("networkidle")
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert hosts == {"127.0.0.1"}


def settle(page):
    """Waits until the page does not change any more."""
    previous = None
    while previous != (current := page.inner_html("main")):
        previous = current
        page.wait_for_timeout(500)


def save_screenshot(page, name):
    settle(page)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def fits(page):
    """Returns whether the page is not wider than the window."""
    return page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && "
        "[...document.querySelectorAll('main *')].every("
        "e => e.getBoundingClientRect().right <= innerWidth + 1 && "
        "(e.closest('#comparison') || e.scrollWidth <= innerWidth))"
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.h5"
    network = Generator(3, blocks=1, filters=4)
    network.set_weights([w + 0.01 for w in network.get_weights()])
    save_h5(network, path, {"package": "srgan"})
    return str(path)


@pytest.fixture(scope="module")
def upscaler(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("srgan")
    limits = ["--max_pixels", 50_000, "--max_megabytes", 1]
    with running(folder, "srgan", "--model", model, *limits) as address:
        yield address


@pytest.fixture(scope="module")
def text_generator(tmp_path_factory):
    with running(tmp_path_factory.mktemp("textgan"), "textgan") as address:
        yield address


@pytest.fixture
def photo(tmp_path):
    def make(height, width):
        path = tmp_path / f"photo{width}.png"
        pixels = dead_leaves(max(height, width), width)[:height, :width]
        Image.fromarray(pixels).save(path)
        return path, pixels

    return make


def choose(page, path):
    page.set_input_files("#photo input[type=file]", path)
    page.wait_for_selector(f"#photo >> text={path.suffix}")


def shown(page):
    """Waits for the images of the slider; returns their pixels."""
    page.wait_for_selector("#comparison img >> nth=1")
    sources = page.eval_on_selector_all(
        "#comparison img", "images => images.map(image => image.src)"
    )
    return [
        np.asarray(Image.open(io.BytesIO(page.request.get(url).body())))
        for url in sources
    ]


def error_of(page, is_toast=False):
    """Returns the message of an error; Gradio shows a toast for uploads."""
    selector = ".toast-body" if is_toast else "#error [role=alert]"
    return page.wait_for_selector(selector).inner_text().splitlines()[-1]


def test_a_photo_is_upscaled_compared_and_downloaded(
    upscaler, visit, photo, model
):
    path, pixels = photo(60, 90)
    page = visit(upscaler)
    save_screenshot(page, "srgan-start")
    choose(page, path)
    url = page.wait_for_selector("#thumbnail img").get_attribute("src")
    with Image.open(io.BytesIO(page.request.get(url).body())) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
    page.click("#upscale")
    before, after = shown(page)
    expected = upscale(pixels, model)
    np.testing.assert_array_equal(after, expected)
    assert before.shape == after.shape == (180, 270, 3)
    assert np.abs(before.astype(int) - after).max() > 3
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "photo90_x3.png"
    with Image.open(download.value.path()) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), expected)
    assert "90 x 60 pixels upscaled to 270 x 180" in page.inner_text("#summary")
    save_screenshot(page, "srgan-upscaled")
    # Only a model with a clean partner has a strength of denoising.
    assert not page.locator("#denoise").is_visible()
    page.get_by_label("photo-x2").check()
    page.wait_for_selector("#denoise input[type=range]")
    # The same file with other weights.
    page.get_by_label("compact-x2").check()
    page.click("#upscale")
    page.wait_for_selector("#summary >> text=180 x 120")
    assert shown(page)[1].shape == (120, 180, 3)


def test_the_divider_and_the_zoom_move(upscaler, visit, photo):
    page = visit(upscaler)
    choose(page, photo(60, 90)[0])
    page.click("#upscale")
    shown(page)

    def style(name):
        return page.eval_on_selector_all(
            "#comparison img", f"images => images.map(i => i.style.{name})"
        )

    box = page.locator("#comparison [data-testid=slider] .inner").bounding_box()
    start = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = style("clipPath")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] - 100, start[1], steps=5)
    page.mouse.up()
    assert style("clipPath") != before
    before = style("transform")
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(300)
    zoomed = style("transform")
    assert zoomed[0] == zoomed[1] != before[0]
    assert "scale(1)" not in zoomed[0]
    save_screenshot(page, "srgan-zoomed")
    page.get_by_role("button", name="Zoom out").click()
    page.wait_for_timeout(300)
    assert "scale(1)" in style("transform")[0]


def test_unreadable_files_are_one_sentence(upscaler, visit, tmp_path):
    page = visit(upscaler)
    page.click("#upscale")
    assert error_of(page) == "Choose a photo first."
    unreadable = {
        "notes.txt": (b"milk, bread", "The file .* not an image."),
        "half.png": (b"\x89PNG\r\n\x1a\n", "The file .* truncated, damaged.*"),
        "heavy.bmp": (bytes(2**20 + 1), '.*maximum allowed size.*"heavy.bmp"'),
    }
    buffer = io.BytesIO()
    Image.new("L", (300, 200)).save(buffer, "png")
    unreadable["large.png"] = (
        buffer.getvalue(),
        r"The file .* more than 50,000 pixels, .*\.",
    )
    for name, (data, sentence) in unreadable.items():
        (tmp_path / name).write_bytes(data)
        page = visit(upscaler)
        page.set_input_files("#photo input[type=file]", tmp_path / name)
        if name != "heavy.bmp":
            page.wait_for_selector(f"#photo >> text={Path(name).suffix}")
            page.click("#upscale")
        assert re.fullmatch(sentence, error_of(page, name == "heavy.bmp"))
        save_screenshot(page, f"srgan-{Path(name).stem}")
        assert not page.locator("#download").is_visible()


def test_upscaling_by_keyboard(upscaler, visit, photo):
    page = visit(upscaler)

    def tab_to(selector):
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(
                "s => document.activeElement.closest(s) !== null", selector
            ):
                return
        pytest.fail(f"Tab does not reach {selector}")

    tab_to("#photo")
    save_screenshot(page, "srgan-focus")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photo(40, 50)[0])
    page.wait_for_selector("#photo >> text=.png")
    tab_to("#model")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to("#upscale")
    page.keyboard.press("Enter")
    shown(page)
    assert "photo-x4" in page.inner_text("#summary")
    tab_to("#divider input[type=range]")
    clip = (
        "() => document.querySelectorAll('#comparison img')[1].style.clipPath"
    )
    before = page.evaluate(clip)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"before => ({clip})() !== before", arg=before)
    tab_to("#download")
    with page.expect_download():
        page.keyboard.press("Enter")


def test_two_visitors_get_their_own_images(upscaler, visit, photo):
    visitors = [visit(upscaler) for _ in range(2)]
    sizes = [(30, 70), (50, 40)]
    for page, size in zip(visitors, sizes, strict=True):
        choose(page, photo(*size)[0])
    for page in visitors:
        page.click("#upscale")
    for page, (height, width) in zip(visitors, sizes, strict=True):
        for pixels in shown(page):
            assert pixels.shape == (3 * height, 3 * width, 3)


def test_both_pages_fit_a_phone(upscaler, text_generator, visit, photo):
    page = visit(upscaler, PHONE)
    assert fits(page)
    choose(page, photo(60, 90)[0])
    page.click("#upscale")
    shown(page)
    assert fits(page)
    save_screenshot(page, "srgan-phone")
    page = visit(text_generator, PHONE)
    assert fits(page)
    page.get_by_label("beam search").check()
    page.fill("#prompt input, #prompt textarea", "Blaukraut" * 20)
    page.click("#generate")
    page.wait_for_selector("#jokes li")
    assert fits(page)
    save_screenshot(page, "textgan-phone")


def jokes_of(page, count):
    page.wait_for_function(
        "n => document.querySelectorAll('#jokes li').length === n", arg=count
    )
    return page.locator("#jokes li").all_inner_texts()


def test_both_pages_are_centered_in_a_wide_window(
    upscaler, text_generator, visit
):
    for address in (upscaler, text_generator):
        page = visit(address, {"width": 1920, "height": 1080})
        left, right = page.eval_on_selector(
            "main",
            "e => { const box = e.getBoundingClientRect();"
            " return [box.left, document.body.clientWidth - box.right]; }",
        )
        assert left == right > 400


def test_a_prompt_and_enter_generate_jokes(text_generator, visit):
    page = visit(text_generator)
    save_screenshot(page, "textgan-start")
    page.fill("#prompt input, #prompt textarea", "Why did the")
    page.keyboard.press("Enter")
    jokes = jokes_of(page, 5)
    assert all(joke.startswith("Why did the ") for joke in jokes)
    command = [sys.executable, "-m", "textgan", "generate", "--count=5"]
    result = subprocess.run(
        [*command, "--prompt=Why did the"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert jokes == result.stdout.splitlines()
    save_screenshot(page, "textgan-jokes")
    # The next request continues with the next number.
    numbers = "items => items.map(item => item.value)"
    last = page.eval_on_selector_all("#jokes li", numbers)[-1]
    page.wait_for_function(
        "n => document.querySelector('#first input').value == n", arg=last + 1
    )
    page.click("#generate")
    page.wait_for_function(
        "n => document.querySelector('#jokes li')?.value > n", arg=last
    )
    assert not set(jokes) & set(jokes_of(page, 5))


@pytest.mark.parametrize(
    ("strategy", "label", "count"),
    [
        ("top-k", "Top-k", 5),
        ("temperature", "Temperature", 5),
        ("greedy", None, 1),
        ("beam search", "Beams", 5),
    ],
)
def test_every_decoding_strategy_shows_its_option(
    text_generator, visit, strategy, label, count
):
    page = visit(text_generator)
    page.get_by_label(strategy, exact=True).check()
    page.wait_for_selector('text="Top-p"', state="hidden")
    if label:
        page.wait_for_selector(f'text="{label}"')
    page.click("#generate")
    jokes_of(page, count)
    save_screenshot(page, f"textgan-{strategy}")


def test_prompts_are_escaped_and_unclean_ones_are_refused(
    text_generator, visit
):
    page = visit(text_generator)
    page.fill("#prompt input, #prompt textarea", "<img src=x onerror=alert(1)>")
    page.click("#generate")
    jokes = jokes_of(page, 5)
    assert all("<img" in joke.lower() for joke in jokes)
    assert not page.locator("#jokes img").count()
    assert "Not in the vocabulary" in page.inner_text("#jokes")
    page.fill("#prompt input, #prompt textarea", "wtf")
    page.click("#generate")
    assert error_of(page) == "The prompt is not clean; try another one."
    save_screenshot(page, "textgan-unclean")
    # The next request removes the error.
    page.fill("#prompt input, #prompt textarea", "Why")
    page.click("#generate")
    page.wait_for_selector("#error", state="hidden")
    assert len(jokes_of(page, 5)) == 5


def test_two_visitors_get_the_jokes_they_asked_for(text_generator, visit):
    visitors = [visit(text_generator) for _ in range(2)]
    prompts = ["What do you call", "I told my wife"]
    for page, prompt in zip(visitors, prompts, strict=True):
        page.fill("#prompt input, #prompt textarea", prompt)
    for page in visitors:
        page.click("#generate")
    for page, prompt in zip(visitors, prompts, strict=True):
        assert all(joke.startswith(prompt) for joke in jokes_of(page, 5))
