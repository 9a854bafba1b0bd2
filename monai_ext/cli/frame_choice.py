# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .command_error import CommandError

__all__ = ["FrameChoice"]

_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


@dataclass(frozen=True)
class FrameChoice:
    """Which frames of a cine are wanted, as the user says it: `all`, `strongest`, N or N-M, counted from 0, both ends included.

    Raises:
        CommandError: by `parse`, if it is none of these.
    """

    first: int | None = None
    last: int | None = None
    strongest: bool = False

    @classmethod
    def parse(cls, text: str) -> FrameChoice:
        """Reads `all`, `strongest`, `31` or `20-40`."""
        if text in ("all", "strongest"):
            return cls(strongest=text == "strongest")
        found = _RANGE.fullmatch(text)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if last < first:
            raise CommandError(
                f"--frames must be all, strongest, N or N-M with N <= M, got '{text}'; frames count from 0."
            )
        return cls(first, last)

    def numbers(self, count: int, strongest: Callable[[], int]) -> range:
        """Numbers of the wanted frames of a file.

        Args:
            count: of its frames; a file of one gives that, whatever is wanted.
            strongest: finds the one of strongest contrast; called only if that is wanted.

        Raises:
            ValueError: if the file has no such frame.
        """
        if count == 1:
            return range(1)
        if self.strongest:
            first = strongest()
            return range(first, first + 1)
        if self.first is None:
            return range(count)
        if self.last >= count:
            raise ValueError(f"it has the frames 0 to {count - 1}, --frames asks for {self.last}; ask for others.")
        return range(self.first, self.last + 1)
