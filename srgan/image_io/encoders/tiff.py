"""Writes TIFF strip by strip, 8 or 16 bits, in bounded memory.

Files that could exceed 4 GiB are written as BigTIFF.

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

from srgan.image_io.encoders.header import Header, regroup_rows
from srgan.image_io.exif import encode_text, pack_ifd

# Bytes of pixels in a strip.
_STRIP_BYTES = 2**22
_CLASSIC_LIMIT = 2**32
_DEFLATE, _HORIZONTAL_DIFFERENCING, _UNASSOCIATED_ALPHA, _INCH = 8, 2, 2, 2
_BLACK_IS_ZERO, _RGB, _NO_UNIT = 1, 2, 1
_XMP_TAG, _IPTC_TAG = 700, 33723
_DPI_DENOMINATOR = 1000
# TIFF's field types, each with its format character of `struct`.
_BYTE, _TEXT, _SHORT, _LONG, _RATIONAL, _BYTES, _LONG8 = 1, 2, 3, 4, 5, 7, 16
_FORMAT_CHARS = {
    _BYTE: "B", _TEXT: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I",
    _BYTES: "B", _LONG8: "Q",
}  # fmt: skip
_Fields = dict[int, tuple[int, Sequence[int]]]


def encode_tiff(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a TIFF with lossless deflate compression.

    Args:
        file: Seekable binary file to write to.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    # Deflate expands incompressible data by less than a thousandth.
    max_bytes = header.row_bytes * header.height * 1.001 + _STRIP_BYTES
    big = max_bytes >= _CLASSIC_LIMIT
    file.write(_file_header(big, 0))
    rows_per_strip = max(1, _STRIP_BYTES // header.row_bytes)
    offsets, lengths = [], []
    for rows in regroup_rows(bands, rows_per_strip):
        data = zlib.compress(_subtract_left(rows))
        offsets.append(file.tell())
        lengths.append(len(data))
        file.write(data)
    fields = {
        **_layout(header, rows_per_strip),
        Base.StripOffsets: (_LONG8 if big else _LONG, offsets),
        Base.StripByteCounts: (_LONG, lengths),
        **_metadata_fields(header),
        **_write_exif(file, header, big),
    }
    offset = _pad_to_even(file)
    file.write(_directory(fields, offset, big))
    file.seek(0)
    file.write(_file_header(big, offset))


def _file_header(big: bool, directory: int) -> bytes:
    if big:
        return struct.pack("<2sHHHQ", b"II", 43, 8, 0, directory)
    return struct.pack("<2sHI", b"II", 42, directory)


def _subtract_left(rows: np.ndarray) -> bytes:
    """Subtracts the left neighbor from each value, for compression."""
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    little_endian = differences.dtype.newbyteorder("<")
    return differences.astype(little_endian, copy=False).tobytes()


def _layout(header: Header, rows_per_strip: int) -> _Fields:
    color = header.channels >= 3
    fields: _Fields = {
        Base.ImageWidth: (_LONG, [header.width]),
        Base.ImageLength: (_LONG, [header.height]),
        Base.BitsPerSample: (_SHORT, [header.bits] * header.channels),
        Base.Compression: (_SHORT, [_DEFLATE]),
        Base.PhotometricInterpretation: (
            _SHORT,
            [_RGB if color else _BLACK_IS_ZERO],
        ),
        Base.SamplesPerPixel: (_SHORT, [header.channels]),
        Base.RowsPerStrip: (_LONG, [rows_per_strip]),
        Base.Predictor: (_SHORT, [_HORIZONTAL_DIFFERENCING]),
    }
    if header.channels in (2, 4):
        fields[Base.ExtraSamples] = (_SHORT, [_UNASSOCIATED_ALPHA])
    return fields


def _metadata_fields(header: Header) -> _Fields:
    metadata = header.metadata
    fields: _Fields = {
        tag: (_TEXT, encode_text(text) + b"\0")
        for tag, text in metadata.texts.items()
    }
    for tag, value in metadata.tags.items():
        if isinstance(value, bytes):
            fields[tag] = (_BYTE, value)
        else:
            fields[tag] = (_SHORT, [value])
    if metadata.xmp:
        xmp = metadata.xmp_of_size(header.height, header.width)
        fields[_XMP_TAG] = (_BYTE, xmp)
    if metadata.iptc:
        fields[_IPTC_TAG] = (_BYTES, metadata.iptc)
    if metadata.icc:
        fields[Base.InterColorProfile] = (_BYTES, metadata.icc)
    resolution = metadata.dpi or metadata.per_unit
    if resolution:
        for tag, number in zip(
            (Base.XResolution, Base.YResolution), resolution, strict=True
        ):
            numerator = round(number * _DPI_DENOMINATOR)
            fields[tag] = (_RATIONAL, [numerator, _DPI_DENOMINATOR])
        unit = _INCH if metadata.dpi else _NO_UNIT
        fields[Base.ResolutionUnit] = (_SHORT, [unit])
    return fields


def _write_exif(file: BinaryIO, header: Header, big: bool) -> _Fields:
    """Writes the Exif directories; returns the fields that point to them."""
    metadata = header.metadata
    fields: _Fields = {}
    for tag, values in (
        (IFD.Exif, metadata.exif_ifd_of_size(header.height, header.width)),
        (IFD.GPSInfo, metadata.gps),
    ):
        if values:
            offset = _pad_to_even(file)
            start = _file_header(big, 0)
            file.write(pack_ifd(values, offset, header=start, group=tag))
            fields[tag] = (_LONG8 if big else _LONG, [offset])
    return fields


def _pad_to_even(file: BinaryIO) -> int:
    """Pads the file to an even offset, where a directory may start."""
    file.write(bytes(file.tell() % 2))
    return file.tell()


def _directory(fields: _Fields, offset: int, big: bool) -> bytes:
    """Packs the directory of the image for its offset in the file.

    Values that do not fit into their entry follow the entries.
    """
    count_format, entry_format, size = (
        ("<Q", "<HHQ", 8) if big else ("<H", "<HHI", 4)
    )
    directory_bytes = struct.calcsize(count_format) + size
    directory_bytes += len(fields) * (struct.calcsize(entry_format) + size)
    entries, long_values = b"", b""
    for tag, (kind, values) in sorted(fields.items()):
        data = struct.pack(f"<{len(values)}{_FORMAT_CHARS[kind]}", *values)
        count = len(values) // 2 if kind == _RATIONAL else len(values)
        entries += struct.pack(entry_format, tag, kind, count)
        if len(data) > size:
            value_offset = offset + directory_bytes + len(long_values)
            long_values += data + bytes(len(data) % 2)
            data = value_offset.to_bytes(size, "little")
        entries += data.ljust(size, b"\0")
    number = struct.pack(count_format, len(fields))
    return number + entries + bytes(size) + long_values
