# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from .xa_fault import XAFault
from .xa_file import XAFile

__all__ = ["packed_frames"]


def packed_frames(file: XAFile, last: int) -> Iterator[bytes]:
    """The frames as they lie in the file, one by one from the first to `last` (counted from 0).

    Args:
        file: of them.
        last: frame after which to stop.

    Raises:
        XAFault: if the pixel data end before.
    """
    file.content.seek(file.pixel_start)
    frames = _encapsulated(file) if file.pixel_syntax.is_encapsulated else _native(file)
    for index in range(last + 1):
        try:
            packed = next(frames, None)
        except Exception:  # whatever pydicom says of a broken offset table or item
            packed = None
        if not packed:
            raise XAFault(
                f"its pixel data end early: at least {index} of {file.layout.frames} frames are whole; copy it again or leave it out."
            )
        yield packed


def _native(file: XAFile) -> Iterator[bytes]:
    length = file.layout.frame_bytes
    padding = length % 2 if file.layout.frames == 1 else 0  # big-endian words may hold the last byte there
    for _ in range(min(file.layout.frames, file.pixel_length // length)):
        yield file.content.read(length + padding)


def _encapsulated(file: XAFile) -> Iterator[bytes]:
    from pydicom.encaps import generate_frames

    offsets, lengths = (file.attributes.values(f"ExtendedOffsetTable{part}") for part in ("", "Lengths"))
    tables = (offsets[0], lengths[0]) if offsets and lengths else None
    content = _Whole(file.content)
    return generate_frames(content, number_of_frames=file.layout.frames, extended_offsets=tables)


class _Whole:
    """A file of which every read is whole or an error: pydicom takes a frame that is cut off for a frame."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.seek, self.tell = content.seek, content.tell

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def seekable(self) -> bool:
        return isinstance(self._content, io.IOBase)
