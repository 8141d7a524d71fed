"""Which kind of WebP a file is: every pixel as it was, or nearly so.

Reference:
    - [WebP container](https://www.rfc-editor.org/rfc/rfc9649), section 2
"""

from __future__ import annotations

import struct
from pathlib import Path

# Behind the name of the container, its length and the name WEBP.
_FIRST_CHUNK = 12


def is_lossless_webp(path: Path) -> bool:
    """Looks for the chunk of a WebP file that holds lossless pixels."""
    with path.open("rb") as file:
        file.seek(_FIRST_CHUNK)
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name in (b"VP8L", b"VP8 "):
                return name == b"VP8L"
            file.seek(length + length % 2, 1)
    return False
