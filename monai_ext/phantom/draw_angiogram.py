# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from .angiogram import Angiogram
from .patient import Patient
from .settings import PhantomSettings

__all__ = ["PHANTOM_VERSION", "draw_angiogram"]

PHANTOM_VERSION = 3
"""Changes with the pictures, so that cached ones of another version are drawn again."""


def draw_angiogram(
    seed: int, index: int, settings: PhantomSettings | None = None, *, contrast: bool = True
) -> Angiogram:
    """A synthetic coronary angiogram with its labels.

    Everything comes from (seed, index), nothing from a global generator; all arithmetic is float64, so that rounding to
    grey values hides the last bits in which mathematics libraries differ.

    Args:
        seed: of the data set, >= 0.
        index: of the angiogram, >= 0.
        settings: the default ones if left out.
        contrast: False gives the same picture without contrast in the vessels, with the same labels.

    Raises:
        ValueError: if seed or index is negative.
    """
    return Patient(seed, index, settings or PhantomSettings()).shoot(contrast=contrast)
