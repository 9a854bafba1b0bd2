# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from monai_ext.ops import atomic_file

from ..system_errors import SYSTEM_ERRORS
from ..xa import read_xa_header
from .curation_options import CurationOptions
from .deadline import deadline
from .decode_frames import decode_frames, is_image
from .judge_cine import ROW, fingerprint, judge_cine
from .part import Part
from .run_jobs import MEMORY
from .unreadable_source import UnreadableSource
from .verdict import Verdict

__all__ = ["ScanPart", "read_scan"]

_SECONDS = 300  # to decode one file, or to judge one cine
_FACTS = ("frame_time", "primary_angle", "secondary_angle", "imager_pixel_spacing", "bits", "burned_in")
"""All that leaves a DICOM header: an allow-list."""


@dataclass(frozen=True)
class ScanPart:
    """Looks at the frames of a part, in whichever process, and writes what it found into a folder; a function for `run_jobs`.

    The file `<part>.npz` appears whole or not at all, and is not made again. While it works, `<part>.at` tells which file it is at: if that
    one kills the process, `blame` finds it.
    """

    folder: Path
    options: CurationOptions
    judge: bool = True
    """False for evaluation images: their hashes alone are wanted."""
    broken: dict[str, frozenset[int]] = field(default_factory=dict)
    """Files, by number, that killed their process, by part."""

    def result(self, part: Part) -> Path:
        """Where the result of a part lies or will."""
        return self.folder / f"{part.name}.npz"

    def is_done(self, part: Part) -> bool:
        """Whether the result of a part exists."""
        return self.result(part).is_file()

    def __call__(self, part: Part) -> None:
        """Makes the result of a part, if there is none yet."""
        if self.is_done(part):
            return
        notes: dict[str, Any] = {}
        rows = [self._cine(part, cine, notes) for cine in part.cines()]
        with atomic_file(self.result(part), shared=True) as temporary, open(temporary, "wb") as file:
            np.savez(file, rows=np.concatenate(rows), notes=np.frombuffer(json.dumps(notes).encode(), np.uint8))
        self._at(part).unlink(missing_ok=True)

    def began(self, part: Part) -> bool:
        """Whether a process was at the part and did not end it."""
        return self._at(part).exists()

    def blame(self, part: Part) -> ScanPart:
        """The same work without the file, or the cine, that killed the last process that was at the part.

        Raises:
            RuntimeError: if it was at no file.
        """
        try:
            numbers = map(int, self._at(part).read_text().split())
            known = self.broken.get(part.name, frozenset()).union(numbers)
        except (OSError, ValueError) as error:
            raise RuntimeError(MEMORY) from error
        return replace(self, broken=self.broken | {part.name: known})

    def _at(self, part: Part) -> Path:
        return self.folder / f"{part.name}.at"

    def _cine(self, part: Part, numbers: list[int], notes: dict[str, Any]) -> ndarray:
        """Rows of the frames of a cine."""
        frames, rows = [], []
        for number in numbers:
            wanted = part.files[number].frames
            with self._watched(part, [number]):
                images = list(self._images(part, number, notes))
            frames += images + [None] * (len(wanted) - len(images))
            rows += [(number, frame) for frame in wanted]
        table = np.zeros(len(rows), ROW)
        table["file"], table["frame"] = np.transpose(rows)
        with self._watched(part, numbers):
            self._judge(table, frames, notes)
        return table

    def _judge(self, table: ndarray, frames: list[ndarray | None], notes: dict[str, Any]) -> None:
        """Fills in the table; pixels that no rule can bear are no reason to stop."""
        first = str(table[0]["file"])
        try:
            if self.judge:
                judge_cine(table, frames, self.options, notes.get(first, {}).get("facts", {}).get("frame_time"))
            else:
                fingerprint(table, frames)
        except Exception as error:
            table["verdict"] = Verdict.UNREADABLE
            notes[first] = notes.get(first, {}) | {"error": f"it cannot be judged ({type(error).__name__}: {error})"}

    def _images(self, part: Part, number: int, notes: dict[str, Any]) -> Iterator[ndarray]:
        """Frames of a file; those before the place where it is broken."""
        file = part.files[number]
        if number in self.broken.get(part.name, ()):
            notes[str(number)] = {"error": "its decoder crashed, or did not end"}
            return
        note = notes[str(number)] = {}
        try:
            if not is_image(file.path):
                note["facts"] = _facts(file.path)
            yield from decode_frames(file.path, file.frames)
        except (ValueError, OSError) as error:
            if getattr(error, "errno", None) in SYSTEM_ERRORS:
                raise UnreadableSource(error) from None
            note["error"] = str(error)

    @contextlib.contextmanager
    def _watched(self, part: Part, numbers: list[int]) -> Iterator[None]:
        """Should the process die in the block, or be ended after a while, these files are to blame."""
        self._at(part).write_text(" ".join(map(str, numbers)))
        with deadline(_SECONDS):
            yield


def _facts(path: Path) -> dict[str, Any]:
    facts = read_xa_header(path).facts()
    return {name: facts[name] for name in _FACTS}


def read_scan(file: Path) -> tuple[ndarray, dict[int, dict[str, Any]]]:
    """Rows of a part, and what is noted of its files: `facts` of a DICOM header, or the `error`.

    Raises:
        ValueError: if the file is damaged; it is removed then.
    """
    try:
        with np.load(file) as content:
            notes = json.loads(content["notes"].tobytes())
            return content["rows"], {int(number): note for number, note in notes.items()}
    except Exception as error:  # zip files raise many kinds
        file.unlink(missing_ok=True)
        raise ValueError(
            "a result of an earlier run was damaged and is removed; run the same command again."
        ) from error
