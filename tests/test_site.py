"""The site of docs/, built as strictly as MkDocs can."""

import html.parser
import importlib
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("mkdocstrings", reason="needs the extra docs")


@pytest.fixture(scope="module")
def site(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", folder],
        cwd=request.config.rootpath,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return folder


class Fetched(html.parser.HTMLParser):
    """Collects what a browser fetches by itself for a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.found.append(given.get("src"))
        if tag == "link":
            self.found.append(given.get("href"))


def test_pages_fetch_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        parser = Fetched()
        parser.feed(page.read_text(encoding="utf-8"))
        assert any(parser.found)
        for address in filter(None, parser.found):
            if not address.startswith("data:"):
                assert "//" not in address, (page, address)
                # 404.html stands for pages anywhere.
                base = site if address[0] == "/" else page.parent
                target = base / re.sub("[?#].*", "", address).lstrip("/")
                assert target.exists(), (page, address)
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text)


@pytest.mark.parametrize("package", ["srgan", "textgan"])
def test_every_public_name_is_in_the_reference(site, package):
    page = site / "reference" / f"{package}.html"
    text = page.read_text(encoding="utf-8")
    module = importlib.import_module(package)
    for name in set(module.__all__) - {"__version__"}:
        thing = getattr(module, name)
        assert f'id="{thing.__module__}.{name}"' in text, name


def test_documents_outside_of_docs_are_there(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="photographs.png"' in text
    assert 'href="contributing.html"' in text
    assert 'href="notebooks/textgan.ipynb"' in text
    assert (site / "notebooks" / "textgan.ipynb").exists()
    cards = (site / "results.html").read_text(encoding="utf-8")
    assert 'href="weights/jokes.html"' in cards
