# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from .display import Display
from .frame_decoder import FrameDecoder
from .full_scale import full_scale
from .luma import luma
from .stored_frames import stored_frames
from .xa_file import XAFile

__all__ = ["show_frames"]

Show = Callable[[int, np.ndarray], np.ndarray]


def show_frames(file: XAFile, decoder: FrameDecoder, wanted: Sequence[int]) -> np.ndarray:
    """Decodes frames and makes them visible, one at a time.

    Args:
        file: of them.
        decoder: of the file.
        wanted: their numbers, checked, in the order of the result; they may repeat.

    Returns:
        (frames, rows, columns), float32, 0..1.

    Raises:
        ImportError: if a decoder is missing.
        XAFault: if a frame is broken or missing.
    """
    show = _colors(file) if file.layout.samples == 3 else _greys(file, decoder, set(wanted))
    shown = np.empty((len(wanted), file.layout.rows, file.layout.columns), np.float32)
    places: dict[int, list[int]] = {}
    for place, frame in enumerate(wanted):
        places.setdefault(frame, []).append(place)
    for frame, values in stored_frames(file, decoder, places):
        shown[places[frame]] = show(frame, values)
    return shown


def _colors(file: XAFile) -> Show:
    white = 2**file.layout.stored - 1
    return lambda _, values: luma(*np.moveaxis(values, -1, 0)) / white


def _greys(file: XAFile, decoder: FrameDecoder, wanted: set[int]) -> Show:
    layout = file.layout
    varies = "PerFrameFunctionalGroupsSequence" in file.attributes
    displays = {frame: Display(file.attributes, layout, frame) for frame in (wanted if varies else [0])}
    doubtful = layout.stored == 16 and not all(display.chosen for display in displays.values())
    span = _used_span(file, decoder) if doubtful else layout.span

    @lru_cache(maxsize=1)
    def table(frame: int) -> np.ndarray:
        return displays[frame].table(span)

    def show(frame: int, values: np.ndarray) -> np.ndarray:
        places = values.astype(np.int32) - layout.span[0] if layout.signed else values
        return table(frame if varies else 0).take(places, mode="clip")

    return show


def _used_span(file: XAFile, decoder: FrameDecoder) -> tuple[int, int]:
    """Black and white where 16 bits are stored, of which often fewer are used."""
    low, high = 0, 0
    for _, values in stored_frames(file, decoder, range(file.layout.frames)):
        low, high = min(low, int(values.min())), max(high, int(values.max()))
    if low >= 0:
        return 0, full_scale(16, high)
    half = (full_scale(16, 2 * max(high, -low - 1)) + 1) // 2
    return -half, half - 1
