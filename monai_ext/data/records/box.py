# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Box"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: columns x0..x1 and rows y0..y1, from the left or upper edge of its first pixel to the far edge of its last.

    Pixel (0, 0) covers 0..1, so width is x1 - x0.

    Raises:
        ValueError: if it is empty or not finite.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    category: str
    """As the data set names it."""

    def __post_init__(self) -> None:
        if not (0 < self.x1 - self.x0 < float("inf") and 0 < self.y1 - self.y0 < float("inf")):
            raise ValueError(f"a box must have an area, got {self.x0:g}..{self.x1:g} x {self.y0:g}..{self.y1:g}.")
