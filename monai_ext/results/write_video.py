# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from fractions import Fraction
from types import ModuleType

import numpy as np

from monai_ext.ops import atomic_file

from .cine_result import CineResult
from .draw_findings import draw_findings

__all__ = ["write_video"]

_ENCODERS = ("libx264", "libopenh264", "h264_videotoolbox", "h264_mf")  # whichever FFmpeg has, all of them H.264
_RATE = 15.0  # frames a second where the file does not say it
_RATES = (1.0, 120.0)  # that players play


def write_video(result: CineResult, path: str | os.PathLike[str]) -> None:
    """A film of the cine with what was found on it, see `draw_findings`, for slides and browsers: MP4, H.264, yuv420p.

    It plays as fast as the file says, else 15 frames a second. H.264 wants even sizes: an odd one gets one row below or one column to the right more, a copy of
    the last. The film is for looking at; colours and outlines are compressed.

    The encoder is FFmpeg's, by PyAV (BSD), which is an extra because its wheels hold x264 under the GPL.

    Args:
        result: to show.
        path: of the file, MP4.

    Raises:
        ImportError: without PyAV.
        OSError: if it cannot be written, or PyAV was built without an encoder of H.264.
    """
    av = _av()
    rate = Fraction(_rate(result.frame_time)).limit_denominator(1000)
    with atomic_file(path) as temporary, av.open(str(temporary), "w", "mp4", options={"movflags": "faststart"}) as film:
        stream = film.add_stream(_encoder(av), rate)
        stream.pix_fmt = "yuv420p"
        stream.height, stream.width = (size + size % 2 for size in result.frames.shape[1:])
        if stream.codec.name == "libx264":
            stream.options = {"crf": "18", "preset": "fast"}
        for index in range(len(result.frames)):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(_even(draw_findings(result, index)), "rgb24")))
        film.mux(stream.encode(None))


def _av() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise ImportError("films need PyAV, which is not installed; pip install 'monai_ext[video]'.") from error
    return av


def _encoder(av: ModuleType) -> str:
    for name in _ENCODERS:
        if name in av.codecs_available:
            return name
    raise OSError(f"PyAV must have an encoder of H.264 ({', '.join(_ENCODERS)}), got none; install its wheel.")


def _rate(frame_time: float | None) -> float:
    return min(max(1000 / frame_time if frame_time else _RATE, _RATES[0]), _RATES[1])


def _even(picture: np.ndarray) -> np.ndarray:
    rows, columns = (size % 2 for size in picture.shape[:2])
    return np.pad(picture, ((0, rows), (0, columns), (0, 0)), "edge")
