# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from .attributes import Attributes
from .pixel_layout import PixelLayout

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

__all__ = ["XAFile"]


@dataclass(frozen=True)
class XAFile:
    """An open file, read up to its pixels; see `open_xa`.

    Attributes:
        dataset: what was read of it, as pydicom gives it.
        attributes: the same, read without trust.
        layout: of the pixels.
        syntax: transfer syntax that the file names.
        pixel_syntax: transfer syntax of the pixels; another one where the whole file was deflated.
        content: the file.
        pixel_start: position of the pixels in it.
        pixel_length: bytes that lie there; to the end of the file where the pixels are compressed.
        pixel_vr: "OB" or "OW".
    """

    dataset: Dataset
    attributes: Attributes
    layout: PixelLayout
    syntax: UID
    pixel_syntax: UID
    content: BinaryIO
    pixel_start: int
    pixel_length: int
    pixel_vr: str
