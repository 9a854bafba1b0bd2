# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from .attributes import Attributes
from .xa_fault import XAFault

__all__ = ["PixelLayout"]

_SAMPLES = {
    "MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1, "RGB": 3, "YBR_FULL": 3, "YBR_FULL_422": 3, "YBR_ICT": 3, "YBR_RCT": 3,
}  # fmt: skip
_MOST_PIXELS = 2**26
"""Of one frame; the largest detectors have a quarter of it."""


@dataclass(frozen=True)
class PixelLayout:
    """How a file says its pixels are stored, checked (PS3.3, C.7.6.3).

    Attributes:
        frames: at least 1.
        rows: 1..65535.
        columns: 1..65535.
        photometric: interpretation.
        planar: configuration of colours, 0 or 1.
        allocated: bits for a pixel's sample, 8 or 16.
        stored: bits used of them.
        high_bit: number of the highest bit used.
        signed: whether values are in two's complement.
    """

    frames: int
    rows: int
    columns: int
    photometric: str
    planar: int
    allocated: int
    stored: int
    high_bit: int
    signed: bool

    @property
    def samples(self) -> int:
        """1 for grey and palettes, 3 for colours."""
        return _SAMPLES[self.photometric]

    @property
    def span(self) -> tuple[int, int]:
        """Smallest and largest value that can be stored."""
        return (-(2 ** (self.stored - 1)), 2 ** (self.stored - 1) - 1) if self.signed else (0, 2**self.stored - 1)

    @property
    def frame_bytes(self) -> int:
        """Length of one uncompressed frame."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples  # two colours for two pixels
        return self.rows * self.columns * samples * self.allocated // 8

    @classmethod
    def read(cls, attributes: Attributes) -> PixelLayout:
        """From the attributes of the image.

        Raises:
            XAFault: if they are impossible.
        """
        photometric = attributes.text("PhotometricInterpretation")
        if photometric not in _SAMPLES:
            raise XAFault(
                f"photometric interpretation must be one of {', '.join(_SAMPLES)}, got another or none; convert it."
            )
        allocated = _whole(attributes, "BitsAllocated", 8, 16)
        stored = _whole(attributes, "BitsStored", 1, allocated)
        layout = cls(
            frames=_whole(attributes, "NumberOfFrames", 0, 2**31 - 1, 1) or 1,
            rows=_whole(attributes, "Rows", 1, 2**16 - 1),
            columns=_whole(attributes, "Columns", 1, 2**16 - 1),
            photometric=photometric,
            planar=_whole(attributes, "PlanarConfiguration", 0, 1, 0),
            allocated=allocated,
            stored=stored,
            high_bit=_whole(attributes, "HighBit", stored - 1, allocated - 1, stored - 1),
            signed=bool(_whole(attributes, "PixelRepresentation", 0, 1, 0)),
        )
        layout._check(_whole(attributes, "SamplesPerPixel", 1, 4, layout.samples))
        return layout

    def _check(self, samples: int) -> None:
        if samples != self.samples:
            raise XAFault(f"samples per pixel must be {self.samples} for {self.photometric}, got {samples}; repair it.")
        if self.allocated not in (8, 16):
            raise XAFault(f"bits allocated must be 8 or 16, got {self.allocated}; convert it.")
        if self.rows * self.columns > _MOST_PIXELS:
            raise XAFault(
                f"frames must have at most {_MOST_PIXELS} pixels, got {self.rows}x{self.columns}; leave it out."
            )


def _whole(attributes: Attributes, keyword: str, low: int, high: int, default: int | None = None) -> int:
    number = attributes.number(keyword)
    if number is None and default is not None and keyword not in attributes:
        return default
    if number is None or number != int(number) or not low <= number <= high:
        got = "none that can be read" if number is None else f"{number:g}"
        raise XAFault(f"{keyword} must be {low}..{high}, got {got}; repair the header or leave it out.")
    return int(number)
