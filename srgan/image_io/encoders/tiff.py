"""Writes TIFF strip by strip, 8 or 16 bits, whatever the image's size.

Files that could pass 4 GiB are written as BigTIFF.

Reference:
    - TIFF 6.0, sections 2, 8 and 14; Adobe's TIFF Technical Note 3 (deflate)
    - [BigTIFF](https://www.awaresystems.be/imaging/tiff/bigtiff.html)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np
from PIL.ExifTags import IFD, Base

from srgan.image_io.encoders.header import Header, in_groups
from srgan.image_io.exif import pack_directory, text_bytes

# Bytes of pixels in a strip.
_STRIP = 2**22
_CLASSIC_LIMIT = 2**32
_DEFLATE, _DIFFERENCES, _UNASSOCIATED_ALPHA, _INCH = 8, 2, 2, 2
_BLACK_IS_ZERO, _RGB = 1, 2
_RESOLUTION_STEPS = 1000
# TIFF's numbers of field types, each with its letter in `struct`.
_TEXT, _SHORT, _LONG, _RATIONAL, _BYTES, _LONG8 = 2, 3, 4, 5, 7, 16
_LETTERS = {_TEXT: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I", _BYTES: "B",
            _LONG8: "Q"}  # fmt: skip
_Fields = dict[int, tuple[int, Sequence[int]]]


def encode_tiff(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a TIFF with lossless deflate compression.

    Args:
        file: Where to write; it must be able to seek.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    # Deflate lengthens what it cannot shrink by less than a thousandth.
    largest = header.row_bytes * header.height * 1.001 + _STRIP
    big = largest >= _CLASSIC_LIMIT
    file.write(_start(big, 0))
    rows_per_strip = max(1, _STRIP // header.row_bytes)
    places, lengths = [], []
    for rows in in_groups(bands, rows_per_strip):
        data = zlib.compress(_differences(rows))
        places.append(file.tell())
        lengths.append(len(data))
        file.write(data)
    fields = {
        **_layout(header, rows_per_strip),
        Base.StripOffsets: (_LONG8 if big else _LONG, places),
        Base.StripByteCounts: (_LONG, lengths),
        **_described(header),
        **_write_exif(file, header, big),
    }
    place = _aligned(file)
    file.write(_directory(fields, place, big))
    file.seek(0)
    file.write(_start(big, place))


def _start(big: bool, directory: int) -> bytes:
    if big:
        return struct.pack("<2sHHHQ", b"II", 43, 8, 0, directory)
    return struct.pack("<2sHI", b"II", 42, directory)


def _differences(rows: np.ndarray) -> bytes:
    """Gives each value less its left neighbour, which compresses better."""
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    little_endian = differences.dtype.newbyteorder("<")
    return differences.astype(little_endian, copy=False).tobytes()


def _layout(header: Header, rows_per_strip: int) -> _Fields:
    colour = header.channels >= 3
    fields: _Fields = {
        Base.ImageWidth: (_LONG, [header.width]),
        Base.ImageLength: (_LONG, [header.height]),
        Base.BitsPerSample: (_SHORT, [header.bits] * header.channels),
        Base.Compression: (_SHORT, [_DEFLATE]),
        Base.PhotometricInterpretation: (
            _SHORT,
            [_RGB if colour else _BLACK_IS_ZERO],
        ),
        Base.SamplesPerPixel: (_SHORT, [header.channels]),
        Base.RowsPerStrip: (_LONG, [rows_per_strip]),
        Base.Predictor: (_SHORT, [_DIFFERENCES]),
    }
    if header.channels in (2, 4):
        fields[Base.ExtraSamples] = (_SHORT, [_UNASSOCIATED_ALPHA])
    return fields


def _described(header: Header) -> _Fields:
    facts = header.metadata
    fields: _Fields = {
        tag: (_TEXT, text_bytes(text) + b"\0")
        for tag, text in facts.texts.items()
    }
    if facts.icc:
        fields[Base.InterColorProfile] = (_BYTES, facts.icc)
    if facts.dpi:
        for tag, dpi in zip(
            (Base.XResolution, Base.YResolution), facts.dpi, strict=True
        ):
            steps = round(dpi * _RESOLUTION_STEPS)
            fields[tag] = (_RATIONAL, [steps, _RESOLUTION_STEPS])
        fields[Base.ResolutionUnit] = (_SHORT, [_INCH])
    return fields


def _write_exif(file: BinaryIO, header: Header, big: bool) -> _Fields:
    """Writes Exif's own directories and gives the fields that point there."""
    facts = header.metadata
    fields: _Fields = {}
    for tag, values in (
        (IFD.Exif, facts.photo_of_size(header.height, header.width)),
        (IFD.GPSInfo, facts.gps),
    ):
        if values:
            place = _aligned(file)
            head = _start(big, 0)
            file.write(pack_directory(values, place, head=head, group=tag))
            fields[tag] = (_LONG8 if big else _LONG, [place])
    return fields


def _aligned(file: BinaryIO) -> int:
    """Moves on to where a directory may begin, at an even byte."""
    file.write(bytes(file.tell() % 2))
    return file.tell()


def _directory(fields: _Fields, place: int, big: bool) -> bytes:
    """Packs the fields of a image for the given place in the file.

    What is too long for its entry stands behind the entries.
    """
    count, entry, size = ("<Q", "<HHQ", 8) if big else ("<H", "<HHI", 4)
    head = struct.calcsize(count) + size
    head += len(fields) * (struct.calcsize(entry) + size)
    entries, behind = b"", b""
    for tag, (kind, values) in sorted(fields.items()):
        data = struct.pack(f"<{len(values)}{_LETTERS[kind]}", *values)
        number = len(values) // 2 if kind == _RATIONAL else len(values)
        entries += struct.pack(entry, tag, kind, number)
        if len(data) > size:
            where = place + head + len(behind)
            behind += data + bytes(len(data) % 2)
            data = where.to_bytes(size, "little")
        entries += data.ljust(size, b"\0")
    return struct.pack(count, len(fields)) + entries + bytes(size) + behind
