"""Both web pages in a real browser, without a window.

Images of what it showed are left in `artefacts/`, to be looked at.
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
DESK = {"width": 1100, "height": 900}
# Writes down whom the program calls, before it runs the command.
WATCHED = """
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
    """Serves a page; gives its address, and looks at what it leaves."""
    pytest.importorskip("gradio", reason="needs the extra demo")
    files, calls = folder / "files", folder / "calls"
    files.mkdir()
    command = [sys.executable, "-c", WATCHED, calls, package, "demo", *words]
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
    """Opens a page as a new visitor, who calls no other host."""
    hosts, contexts = set(), []

    def note(request):
        hosts.update(re.findall(r"^\w+://([^/:]+)", request.url))

    def open_page(address, size=DESK):
        context = chromium.new_context(viewport=size, accept_downloads=True)
        context.on("request", note)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(address)
        page.wait_for_selector("#upscale, #write")
        page.wait_for_load_state("networkidle")
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert hosts == {"127.0.0.1"}


def settle(page):
    """Waits until Gradio has drawn the same page twice, and a while more."""
    before = None
    while before != (now := page.inner_html("main")):
        before = now
        page.wait_for_timeout(500)


def keep(page, name):
    settle(page)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def fits(page):
    """Tells whether nothing reaches beyond the window's width."""
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
    """Waits for the images under the slider and gives their pixels."""
    page.wait_for_selector("#comparison img >> nth=1")
    sources = page.eval_on_selector_all(
        "#comparison img", "images => images.map(image => image.src)"
    )
    return [
        np.asarray(Image.open(io.BytesIO(page.request.get(url).body())))
        for url in sources
    ]


def error_of(page, of_gradio=False):
    """Gives the sentence of an error, which Gradio tells of an upload."""
    place = ".toast-body" if of_gradio else "#problem [role=alert]"
    return page.wait_for_selector(place).inner_text().splitlines()[-1]


def test_a_photograph_is_upscaled_compared_and_downloaded(
    upscaler, visit, photo, model
):
    path, pixels = photo(60, 90)
    page = visit(upscaler)
    keep(page, "srgan-begin")
    choose(page, path)
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
    assert "90 x 60 pixels became 270 x 180" in page.inner_text("#about")
    keep(page, "srgan-upscaled")
    # The same file by other weights.
    page.get_by_label("compact-x2").check()
    page.click("#upscale")
    page.wait_for_selector("#about >> text=180 x 120")
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
    nearer = style("transform")
    assert nearer[0] == nearer[1] != before[0]
    assert "scale(1)" not in nearer[0]
    keep(page, "srgan-zoomed")
    page.get_by_role("button", name="Zoom out").click()
    page.wait_for_timeout(300)
    assert "scale(1)" in style("transform")[0]


def test_bad_files_are_message_in_a_sentence(upscaler, visit, tmp_path):
    page = visit(upscaler)
    page.click("#upscale")
    assert error_of(page) == "Choose a photograph first."
    bad = {
        "notes.txt": (b"milk, bread", "The file .* not a image."),
        "half.png": (b"\x89PNG\r\n\x1a\n", "The file .* truncated, damaged.*"),
        "heavy.bmp": (bytes(2**20 + 1), '.*maximum allowed size.*"heavy.bmp"'),
    }
    buffer = io.BytesIO()
    Image.new("L", (300, 200)).save(buffer, "png")
    bad["large.png"] = (
        buffer.getvalue(),
        r"The file .* more than 50,000 pixels, .*\.",
    )
    for name, (data, sentence) in bad.items():
        (tmp_path / name).write_bytes(data)
        page = visit(upscaler)
        page.set_input_files("#photo input[type=file]", tmp_path / name)
        if name != "heavy.bmp":
            page.wait_for_selector(f"#photo >> text={Path(name).suffix}")
            page.click("#upscale")
        assert re.fullmatch(sentence, error_of(page, name == "heavy.bmp"))
        keep(page, f"srgan-{Path(name).stem}")
        assert not page.locator("#download").is_visible()


def test_keys_are_enough_to_upscale(upscaler, visit, photo):
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
    keep(page, "srgan-focus")
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
    assert "compact-x4" in page.inner_text("#about")
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


def test_two_visitors_get_each_their_own(upscaler, visit, photo):
    visitors = [visit(upscaler) for _ in range(2)]
    sizes = [(30, 70), (50, 40)]
    for page, size in zip(visitors, sizes, strict=True):
        choose(page, photo(*size)[0])
    for page in visitors:
        page.click("#upscale")
    for page, (height, width) in zip(visitors, sizes, strict=True):
        for pixels in shown(page):
            assert pixels.shape == (3 * height, 3 * width, 3)


def test_both_pages_fit_a_telephone(upscaler, text_generator, visit, photo):
    page = visit(upscaler, PHONE)
    assert fits(page)
    choose(page, photo(60, 90)[0])
    page.click("#upscale")
    shown(page)
    assert fits(page)
    keep(page, "srgan-phone")
    page = visit(text_generator, PHONE)
    assert fits(page)
    page.get_by_label("beam search").check()
    page.fill("#prompt input, #prompt textarea", "Blaukraut" * 20)
    page.click("#write")
    page.wait_for_selector("#jokes li")
    assert fits(page)
    keep(page, "textgan-phone")


def jokes_of(page, count):
    page.wait_for_function(
        "n => document.querySelectorAll('#jokes li').length === n", arg=count
    )
    return page.locator("#jokes li").all_inner_texts()


def test_both_pages_stand_in_the_middle_of_a_wide_window(
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


def test_a_beginning_and_enter_make_jokes(text_generator, visit):
    page = visit(text_generator)
    keep(page, "textgan-begin")
    page.fill("#prompt input, #prompt textarea", "Why did the")
    page.keyboard.press("Enter")
    jokes = jokes_of(page, 5)
    assert all(joke.startswith("Why did the ") for joke in jokes)
    command = [sys.executable, "-m", "textgan", "generate", "--count=5"]
    message = subprocess.run(
        [*command, "--prompt=Why did the"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert jokes == message.stdout.splitlines()
    keep(page, "textgan-jokes")
    # Once more, and it goes on where it ended.
    numbers = "items => items.map(item => item.value)"
    last = page.eval_on_selector_all("#jokes li", numbers)[-1]
    page.wait_for_function(
        "n => document.querySelector('#first input').value == n", arg=last + 1
    )
    page.click("#write")
    page.wait_for_function(
        "n => document.querySelector('#jokes li')?.value > n", arg=last
    )
    assert not set(jokes) & set(jokes_of(page, 5))


@pytest.mark.parametrize(
    ("way", "knob", "count"),
    [
        ("top-k", "Top-k", 5),
        ("temperature", "Temperature", 5),
        ("greedy", None, 1),
        ("beam search", "Beams", 5),
    ],
)
def test_every_way_to_choose_shows_its_knob_and_writes(
    text_generator, visit, way, knob, count
):
    page = visit(text_generator)
    page.get_by_label(way, exact=True).check()
    page.wait_for_selector('text="Top-p"', state="hidden")
    if knob:
        page.wait_for_selector(f'text="{knob}"')
    page.click("#write")
    jokes_of(page, count)
    keep(page, f"textgan-{way}")


def test_what_is_typed_is_text_and_what_is_unclean_is_refused(
    text_generator, visit
):
    page = visit(text_generator)
    page.fill("#prompt input, #prompt textarea", "<img src=x onerror=alert(1)>")
    page.click("#write")
    jokes = jokes_of(page, 5)
    assert all("<img" in joke.lower() for joke in jokes)
    assert not page.locator("#jokes img").count()
    assert "The model does not know" in page.inner_text("#jokes")
    page.fill("#prompt input, #prompt textarea", "wtf")
    page.click("#write")
    assert error_of(page) == "The beginning is not clean; try another one."
    keep(page, "textgan-unclean")
    # The next try takes it away.
    page.fill("#prompt input, #prompt textarea", "Why")
    page.click("#write")
    page.wait_for_selector("#problem", state="hidden")
    assert len(jokes_of(page, 5)) == 5


def test_two_visitors_get_the_jokes_they_asked_for(text_generator, visit):
    visitors = [visit(text_generator) for _ in range(2)]
    beginnings = ["What do you call", "I told my wife"]
    for page, beginning in zip(visitors, beginnings, strict=True):
        page.fill("#prompt input, #prompt textarea", beginning)
    for page in visitors:
        page.click("#write")
    for page, beginning in zip(visitors, beginnings, strict=True):
        assert all(joke.startswith(beginning) for joke in jokes_of(page, 5))
