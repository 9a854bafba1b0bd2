# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray

from .judge_cine import ROW
from .part import Part, SourceFile
from .scan_part import ScanPart, read_scan
from .verdict import Verdict

__all__ = ["FrameTable", "KnownFile"]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file and what was found out about it."""

    file: SourceFile
    source: str
    """Its name among the sources."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Of a DICOM header."""
    error: str = ""
    """Why it, or some of it, cannot be read."""


@dataclass
class FrameTable:
    """Every frame that was looked at, in the order of the sources."""

    rows: ndarray
    """(n,), of type `ROW`; `file` counts in `files`."""
    files: list[KnownFile]
    twins: ndarray
    """(n,), int64: row of the frame that a near-duplicate repeats, -1 elsewhere."""

    @classmethod
    def read(cls, scan: ScanPart, parts: Sequence[tuple[str, Part]]) -> FrameTable:
        """Puts together what was found in parts, given with the name of their source."""
        rows, files = [np.zeros(0, ROW)], []
        for source, part in parts:
            found, notes = read_scan(scan.result(part))
            found["file"] += len(files)
            rows.append(found)
            for number, file in enumerate(part.files):
                note = notes.get(number, {})
                files.append(KnownFile(file, source, note.get("facts", {}), note.get("error", "")))
        table = np.concatenate(rows)
        declared = np.array([bool(file.facts.get("burned_in")) for file in files], bool)
        table["text"] |= declared[table["file"]] if len(files) else False
        return cls(table, files, np.full(len(table), -1))

    def kept(self) -> ndarray:
        """Numbers of the rows that are kept."""
        return np.flatnonzero(self.rows["verdict"] == Verdict.KEPT)

    def file(self, row: int) -> KnownFile:
        """That holds the frame of a row."""
        return self.files[self.rows["file"][row]]

    def counts(self) -> dict[str, dict[Verdict, int]]:
        """Number of frames by verdict, by source."""
        counts = {file.source: dict.fromkeys(Verdict, 0) for file in self.files}
        for row in self.rows:
            counts[self.files[row["file"]].source][Verdict(row["verdict"])] += 1
        return counts
