# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Sequence
from operator import index

from .describe_xa import describe_xa
from .frame_decoder import FrameDecoder
from .guard_xa import guard_xa
from .open_xa import open_xa
from .show_frames import show_frames
from .wanted_frames import wanted_frames
from .xa_cine import XACine

__all__ = ["read_xa"]


def read_xa(path: str | os.PathLike[str], *, frames: Sequence[int] | None = None) -> XACine:
    """Reads X-ray angiograms from a DICOM file, as a viewer shows them and with vessels dark.

    It reads XA, XRF, enhanced XA and XRF, and secondary captures; of 1 to 16 bits, grey or colour (as luma); uncompressed, deflated,
    RLE, JPEG, JPEG-LS and JPEG 2000. Overlays are left out. How values become grey is told in `Display`. Where neither a VOI lookup
    table nor a window says it and 16 bits are stored, all frames are decoded to find the largest value, however few are asked for.

    Args:
        path: of the file.
        frames: which to read, counted from 0, in any order; None for all.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: without pydicom, or without the decoder that the file needs.
        ValueError: if it is no such file, broken, truncated or absurdly large, or has no such frame. The message names the file and
            nothing that was read from it but numbers of the pixels' layout.
    """
    numbers = None if frames is None else [index(frame) for frame in frames]
    return guard_xa(path, lambda: _read(path, numbers))


def _read(path: str | os.PathLike[str], numbers: Sequence[int] | None) -> XACine:
    with open_xa(path) as file:
        facts, decoder = describe_xa(file).facts(), FrameDecoder(file)
        return XACine(frames=show_frames(file, decoder, wanted_frames(file, numbers)), **facts)
