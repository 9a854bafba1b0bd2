# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from .frame_decoder import FrameDecoder
from .packed_frames import packed_frames
from .xa_fault import XAFault
from .xa_file import XAFile

__all__ = ["stored_frames"]


def stored_frames(file: XAFile, decoder: FrameDecoder, wanted: Collection[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Decoded frames with their numbers, in the order of the file.

    Args:
        file: of them.
        decoder: of the file.
        wanted: numbers of the frames, counted from 0.

    Raises:
        ImportError: if a decoder is missing.
        XAFault: if a frame is broken or missing.
    """
    for frame, packed in enumerate(packed_frames(file, max(wanted))):
        if frame in wanted:
            yield frame, _decoded(decoder, packed, f"frame {frame} (of 0..{file.layout.frames - 1})")


def _decoded(decoder: FrameDecoder, packed: bytes, name: str) -> np.ndarray:
    try:
        return decoder(packed)
    except (XAFault, ImportError):
        raise
    except Exception as error:  # decoders raise about everything
        problem = type(error).__name__
    raise XAFault(f"{name} cannot be decoded ({problem}); copy it again or leave it out.")
