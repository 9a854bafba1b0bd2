# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ..records import Record

__all__ = ["Part", "SourceFile", "plan_parts"]

_FRAMES = 128  # of a part, unless one cine has more


@dataclass(frozen=True)
class SourceFile:
    """A file and those of its frames that are asked for."""

    path: Path
    frames: tuple[int, ...]
    kind: str
    """Of the data set."""
    patient: str | None = None
    video: str | None = None
    """Of frames that are files of their own, the cine that they belong to."""
    split: str | None = None
    stamp: tuple[int, ...] = ()
    """Size and times: another stamp, another file."""

    @classmethod
    def of(cls, records: Sequence[Record]) -> SourceFile:
        """File of records that differ in the frame alone."""
        first = records[0]
        alone = first.video is None or first.source == "dicom"  # single images of a series may be of many views
        video = None if alone else f"{first.source}/{first.patient}/{first.video}"
        return cls(
            first.path,
            tuple(r.frame for r in records),
            first.source,
            first.patient,
            video,
            first.split,
            _stamp(first.path),
        )


@dataclass(frozen=True)
class Part:
    """Files that one process looks at in one go. Cines are whole."""

    name: str
    """A hash of all that the result depends on."""
    files: tuple[SourceFile, ...]

    @property
    def frames(self) -> int:
        """How many there are."""
        return sum(len(file.frames) for file in self.files)

    def cines(self) -> Iterator[list[int]]:
        """Numbers of the files that make one cine; a file of its own, too."""
        numbered = groupby(enumerate(self.files), key=lambda item: item[1].video or item[0])
        return ([number for number, _ in group] for _, group in numbered)


def plan_parts(records: Sequence[Record], facts: Any) -> list[Part]:
    """Parts of about 128 frames, in the order of the records.

    Args:
        records: of one source, those of a file and those of a cine one after the other.
        facts: JSON value, what else the result depends on.
    """
    parts, waiting = [], []
    for cine in _cines(records):
        if waiting and sum(len(file.frames) for file in waiting + cine) > _FRAMES:
            parts.append(_part(waiting, facts))
            waiting = []
        waiting += cine
    return parts + ([_part(waiting, facts)] if waiting else [])


def _cines(records: Iterable[Record]) -> Iterator[list[SourceFile]]:
    files = (SourceFile.of(list(group)) for _, group in groupby(records, key=lambda record: record.path))
    for video, group in groupby(files, key=lambda file: file.video):
        files_of_it = list(group)
        yield from ([files_of_it] if video else ([file] for file in files_of_it))


def _part(files: list[SourceFile], facts: Any) -> Part:
    identity = [facts, [[str(file.path), file.frames, file.video, file.stamp] for file in files]]
    text = json.dumps(identity).encode()
    return Part(hashlib.sha256(text).hexdigest()[:24], tuple(files))


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = os.stat(path)
    except OSError:  # told when it is read
        return ()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
