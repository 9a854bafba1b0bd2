# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct

__all__ = ["codestream_size"]

_J2K_START = b"\xff\x4f\xff\x51"
_MOST_BOXES = 2**16
"""Where the codestream of a JP2 file, which has no place in DICOM but occurs, has begun at the latest."""
_FRAME_HEADERS = {0xF7, *range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xDA)}
_JFIF, _ADOBE = (0xE0, b"JFIF\0"), (0xEE, b"Adobe")


def codestream_size(packed: bytes) -> tuple[int, int, int, int] | None:
    """Size of a JPEG, JPEG-LS or JPEG 2000 image as it says itself.

    Decoders trust it more than the DICOM header, so the two are compared before. And everything up to the first scan of a JPEG image
    is checked here, because GDCM ends the process where libjpeg would only warn of it: bytes between the segments, an unknown version
    of JFIF, an unknown color transform of Adobe.

    Returns:
        rows, columns, samples and bits of a sample; None if it is no such image, or what comes before the first scan is broken.

    References:
        ITU-T T.81, B.2 (segments, frame header); T.87, C.2.2 (JPEG-LS); T.800, A.5.1 (SIZ).
    """
    if packed[:2] == b"\xff\xd8":
        return _jpeg(packed)
    start = packed.find(_J2K_START, 0, _MOST_BOXES)
    return None if start < 0 else _jpeg2000(packed[start : start + 43])


def _jpeg(packed: bytes) -> tuple[int, int, int, int] | None:
    position, size = 2, None
    while position + 4 <= len(packed) and packed[position] == 0xFF:
        marker, length = packed[position + 1], struct.unpack_from(">H", packed, position + 2)[0]
        segment = packed[position + 4 : position + 2 + length]
        if marker == 0xFF:  # fills up
            position += 1
            continue
        if marker == _SCAN:
            return size
        if marker in _WITHOUT_LENGTH or length < 2 or _strange(marker, segment) or (marker in _FRAME_HEADERS and size):
            return None
        if marker in _FRAME_HEADERS:
            if len(segment) < 6:
                return None
            bits, rows, columns, samples = struct.unpack_from(">BHHB", segment)
            size = rows, columns, samples, bits
        position += 2 + length
    return None


def _strange(marker: int, segment: bytes) -> bool:
    if (marker, segment[:5]) == _JFIF:
        return len(segment) >= 14 and segment[5] != 1
    return (marker, segment[:5]) == _ADOBE and len(segment) >= 12 and segment[11] > 2


def _jpeg2000(head: bytes) -> tuple[int, int, int, int] | None:
    if len(head) < 43:
        return None
    right, bottom, left, top = struct.unpack_from(">4L", head, 8)
    samples, bits = struct.unpack_from(">HB", head, 40)
    return bottom - top, right - left, samples, (bits & 0x7F) + 1
