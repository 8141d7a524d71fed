"""Takes documents from outside `docs/` into the site that MkDocs builds.

Links are written for the repository, where README.md names docs/srgan.md and
docs/reliability.md names ../SECURITY.md. Here they become those of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
# Files of the repository, and what they are in the site.
TAKEN = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "LICENSE": "LICENSE.txt",
    "examples/README.md": "examples/index.md",
    "examples/finetune_texts.py": "examples/finetune_texts.py.txt",
    "examples/finetune_images.py": "examples/finetune_images.py.txt",
    "examples/compare_models.py": "examples/compare_models.py.txt",
    "examples/use_h5.py": "examples/use_h5.py.txt",
    "datasets/README.md": "datasets.md",
    "notebooks/srgan.ipynb": "notebooks/srgan.ipynb",
    "notebooks/textgan.ipynb": "notebooks/textgan.ipynb",
    "srgan/weights/compact-x2.md": "weights/compact-x2.md",
    "srgan/weights/compact-x4.md": "weights/compact-x4.md",
    "srgan/weights/compact-x4-gan.md": "weights/compact-x4-gan.md",
    "srgan/weights/photo-x2.md": "weights/photo-x2.md",
    "srgan/weights/photo-x4.md": "weights/photo-x4.md",
    "textgan/weights/jokes.md": "weights/jokes.md",
}
_FROM = {page: source for source, page in TAKEN.items()}
# The target of a link or image that is no address and no mere anchor.
_TARGET = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the files of `TAKEN`."""
    for source, page in TAKEN.items():
        path = str(ROOT / source)
        files.append(File.generated(config, page, abs_src_path=path))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turns the links of a page into those of the site."""
    here = page.file.src_uri
    source = posixpath.dirname(_FROM.get(here, f"docs/{here}"))

    def to_site(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(source, found[1]))
        target = TAKEN.get(target, target.removeprefix("docs/"))
        return posixpath.relpath(target, posixpath.dirname(here) or ".")

    return _TARGET.sub(to_site, markdown)
