# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["Attributes"]


class Attributes:
    """A data set read without trust: what is absent, empty or unreadable is None or empty, and nothing raises.

    Args:
        dataset: of pydicom.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __contains__(self, keyword: str) -> bool:
        return bool(self.values(keyword))

    def values(self, keyword: str) -> tuple[Any, ...]:
        """All values, none if absent."""
        try:
            value = self._dataset.get(keyword)
        except Exception:  # values are converted when they are asked for, and broken ones raise anything
            return ()
        if value is None or isinstance(value, str | bytes | int | float):
            return () if value is None or value == "" else (value,)
        try:
            return tuple(value)
        except TypeError:
            return (value,)

    def number(self, keyword: str, position: int = 0) -> float | None:
        """The finite number at a position, counted from 0."""
        try:
            number = float(self.values(keyword)[position])
        except (IndexError, TypeError, ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def positive(self, keyword: str, position: int = 0) -> float | None:
        """As `number`, but None unless it is above 0."""
        number = self.number(keyword, position)
        return number if number is not None and number > 0 else None

    def text(self, keyword: str) -> str:
        """The first value as text without spaces around."""
        return "".join(str(value) for value in self.values(keyword)[:1]).strip(" \0")

    def items(self, keyword: str) -> list[Attributes]:
        """The items of a sequence."""
        return [Attributes(item) for item in self.values(keyword) if hasattr(item, "get")]

    def group(self, keyword: str, frame: int) -> Attributes:
        """Where the values of a functional group lie: in its first item, or here where there is no such group."""
        return next(iter(self.group_items(keyword, frame)), self)

    def group_items(self, keyword: str, frame: int) -> list[Attributes]:
        """The items of a functional group: the frame's own, else the shared ones (PS3.3, C.7.6.16).

        Args:
            keyword: of the sequence that is the functional group.
            frame: counted from 0.
        """
        own = self.items("PerFrameFunctionalGroupsSequence")[frame : frame + 1]
        for holder in (*own, *self.items("SharedFunctionalGroupsSequence")[:1]):
            if items := holder.items(keyword):
                return items
        return []
