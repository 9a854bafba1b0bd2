# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..find_images import EXTENSIONS
from ..records import READERS, Listing, Record, read_records

__all__ = ["Source", "list_sources"]

_DICOM = ("dcm", "dicom", "ima", "")


@dataclass(frozen=True)
class Source:
    """Images of one folder, under a name that tells nothing of where it lies."""

    name: str
    records: tuple[Record, ...]
    left_out: dict[str, int]
    """Number of other files, by reason."""


def list_sources(
    folders: Sequence[str | os.PathLike[str]], exclude: Sequence[str | os.PathLike[str]]
) -> tuple[list[Source], Source]:
    """What there is to curate, and the images that are kept for evaluation.

    A data set's own val and test splits are evaluation images too, unless a folder holds nothing else. Files that two folders reach count
    once, and files of an excluded folder are no source.

    Args:
        folders: the sources; KIND=FOLDER where the kind of data set is not to be found out, see `read_records`.
        exclude: folders of evaluation images, in the same way.

    Returns:
        The sources in their order, and all evaluation images.

    Raises:
        FileNotFoundError: if a folder does not exist.
        ValueError: if one holds no image, or a kind is unknown.
    """
    held = [record for folder in exclude for record in _all_records(_read(folder))]
    seen = {record.path for record in held}
    names: Counter[str] = Counter()
    sources = []
    for folder in folders:
        listing = _read(folder)
        taken, split_off = _without_evaluation(_all_records(listing))
        held += [record for record in split_off if record.path not in seen]
        fresh = tuple(record for record in taken if record.path not in seen)
        seen |= {record.path for record in (*taken, *split_off)}
        names[listing.source] += 1
        number = names[listing.source]
        counts = {
            "images of its evaluation splits": len(split_off),
            "files that another folder holds": len(taken) - len(fresh),
        }
        left_out = listing.left_out | {reason: count for reason, count in counts.items() if count}
        sources.append(Source(listing.source + (f"-{number}" if number > 1 else ""), fresh, left_out))
    return sources, Source("evaluation", tuple(held), {})


def _read(folder: str | os.PathLike[str]) -> Listing:
    kind, _, path = str(folder).partition("=")
    return read_records(path, kind) if kind in READERS and path else read_records(folder)


def _all_records(listing: Listing) -> list[Record]:
    """With broken images that are no record, so that they are told of, in the same way as those that turn out broken later."""
    known = {record.path for record in listing.records}
    broken = dict.fromkeys(
        fault.path for fault in listing.faults if _is_picture(fault.path) and fault.path not in known
    )
    return [*listing.records, *(Record(path, listing.source) for path in broken)]


def _is_picture(path: Path) -> bool:
    return path.suffix[1:].lower() in (*EXTENSIONS, *_DICOM)


def _without_evaluation(records: list[Record]) -> tuple[list[Record], list[Record]]:
    held = [record for record in records if record.split in ("val", "test")]
    if len(held) == len(records):
        return records, []
    return [record for record in records if record.split not in ("val", "test")], held
