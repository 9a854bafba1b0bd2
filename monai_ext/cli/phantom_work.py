# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from monai_ext.phantom import Angiogram, PhantomSettings, draw_angiogram, draw_cine, picture_card

__all__ = ["PhantomWork"]


class _Writer(Protocol):
    def write(self, folder: Path, index: int, subject: Any) -> Any: ...


@dataclass(frozen=True)
class PhantomWork:
    """Draws and writes one phantom, in whichever process: a function for `parallel_map`."""

    folder: Path
    """To write into."""
    writer: _Writer
    settings: PhantomSettings
    seed: int
    cine: bool
    """The writer wants the frames of a cine, not one angiogram."""
    pictured: range
    """Indices that get a picture in the contact sheet."""

    def __call__(self, index: int) -> tuple[Any, str]:
        """What the writer returned for its end, and the picture for `contact_sheet`, "" for none."""
        if self.cine:
            frames = _Watched(draw_cine(self.seed, index, self.settings))
            record = self.writer.write(self.folder, index, frames)
            shown = frames.fullest
        else:
            shown = draw_angiogram(self.seed, index, self.settings)
            record = self.writer.write(self.folder, index, shown)
        return record, picture_card(shown, index) if index in self.pictured else ""


class _Watched:
    """Frames that pass by; remembers the one with most contrast."""

    def __init__(self, frames: Iterable[Angiogram]) -> None:
        self._frames = frames
        self.fullest: Angiogram | None = None

    def __iter__(self) -> Iterator[Angiogram]:
        for frame in self._frames:
            if self.fullest is None or frame.tree.sum() > self.fullest.tree.sum():
                self.fullest = frame
            yield frame
