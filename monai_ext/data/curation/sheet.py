# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

__all__ = ["Card", "Sheet"]


@dataclass(frozen=True, eq=False)
class Card:
    """A frame to look at, alone or beside the one that it repeats.

    Args:
        picture: (height, width), uint8, of any size: a page reduces it.
        caption: what stands under it, and is read out to those who do not see it.
        twin: (height, width), uint8: the frame that it repeats.
        twin_caption: what stands under the twin.
        vessels: bool, as large as the picture; True where a vessel is. Drawn as an outline.

    Raises:
        ValueError: if a picture is none, or the vessel map is not of the picture.
    """

    picture: ndarray
    caption: str
    twin: ndarray | None = None
    twin_caption: str = ""
    vessels: ndarray | None = None

    def __post_init__(self) -> None:
        _check("picture", self.picture, np.uint8)
        if self.twin is not None:
            _check("twin", self.twin, np.uint8)
        if self.vessels is not None:
            _check("vessels", self.vessels, np.bool_)
            if self.vessels.shape != self.picture.shape:
                raise ValueError(
                    f"vessels must be as large as the picture, got {self.vessels.shape} and {self.picture.shape}."
                )


@dataclass(frozen=True)
class Sheet:
    """Frames of one kind, some of them as cards.

    Args:
        title: of the sheet; the name of a verdict, alone or before a colon ("Kept: source"), has its colour.
        text: what is to be seen, and what to look for.
        cards: those that are shown.
        total: how many frames of this kind there are.

    Raises:
        ValueError: if more are shown than there are.
    """

    title: str
    text: str
    cards: tuple[Card, ...]
    total: int

    def __post_init__(self) -> None:
        if self.total < len(self.cards):
            raise ValueError(f"total must be at least the number of cards, got {self.total} and {len(self.cards)}.")


def _check(name: str, picture: ndarray, kind: type[np.generic]) -> None:
    if not isinstance(picture, ndarray) or picture.ndim != 2 or picture.dtype != kind or not picture.size:
        found = f"{picture.dtype} {picture.shape}" if isinstance(picture, ndarray) else type(picture).__name__
        wanted = np.dtype(kind).name
        raise ValueError(f"{name} must be a {wanted} array (height, width), got {found}; convert it first.")
