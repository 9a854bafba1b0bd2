# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..records import READERS, Fault, Listing, Record, read_records
from ..records.dicom_folders import IMAGES

__all__ = ["Source", "list_sources"]


@dataclass(frozen=True)
class Source:
    """Images of one folder, under a name that tells nothing of where it lies."""

    name: str
    records: tuple[Record, ...]
    left_out: dict[str, int]
    """Number of other files, by reason."""
    faults: tuple[Fault, ...] = ()
    """Broken labels, tables and folders."""


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
    evaluation = [listing for folder in exclude for listing in _read(folder)]
    held = [record for listing in evaluation for record in _all_records(listing)]
    left_out: Counter[str] = Counter()
    for listing in evaluation:
        left_out.update(listing.left_out)
    seen = {_real(record.path) for record in held}
    names: Counter[str] = Counter()
    sources = []
    for listing in (listing for folder in folders for listing in _read(folder)):
        taken, split_off = _without_evaluation(listing)
        fresh, fresh_held = (
            [record for record in records if _real(record.path) not in seen] for records in (taken, split_off)
        )
        held += fresh_held
        seen |= {_real(record.path) for record in (*taken, *split_off)}
        names[listing.source] += 1
        counts = {
            "images of its evaluation splits": len(split_off),
            "images that lie in an excluded folder or another source": len(taken) - len(fresh),
        }
        sources.append(
            Source(
                f"{listing.source}-{names[listing.source]}" if names[listing.source] > 1 else listing.source,
                tuple(fresh),
                listing.left_out | {reason: count for reason, count in counts.items() if count},
                tuple(fault for fault in listing.faults if not fault.image),
            )
        )
    return sources, Source("evaluation", tuple(held), dict(left_out))


def _read(folder: str | os.PathLike[str]) -> list[Listing]:
    """What a folder holds; where it holds DICOM files and images, both."""
    kind, _, path = str(folder).partition("=")
    if kind in READERS and path and not Path(folder).exists():
        return [read_records(path, kind)]
    try:
        found = read_records(folder)
    except ValueError as nothing:
        try:
            return [read_records(folder, "images")]  # among DICOM files of which none is whole
        except ValueError:
            raise nothing from None
    if found.source != "dicom" or not found.left_out.get(IMAGES):
        return [found]
    images = read_records(folder, "images")
    without = {reason: count for reason, count in found.left_out.items() if reason != IMAGES}
    return [replace(found, left_out=without), replace(images, left_out={})]


def _real(path: Path) -> str:
    """One name of a file that links reach by several; the file's own name stays, which may be a link to one that says nothing."""
    return os.path.join(_real_folder(str(path.parent)), path.name)


@lru_cache(maxsize=4096)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


def _all_records(listing: Listing) -> list[Record]:
    """With broken images, so that they are told of in the same way as those that turn out broken later."""
    known = {record.path for record in listing.records}
    broken = dict.fromkeys(fault.path for fault in listing.faults if fault.image and fault.path not in known)
    return [*listing.records, *(Record(path, listing.source) for path in broken)]


def _without_evaluation(listing: Listing) -> tuple[list[Record], list[Record]]:
    held = [record for record in listing.records if record.split in ("val", "test")]
    if len(held) == len(listing.records):
        return _all_records(listing), []
    return [record for record in _all_records(listing) if record.split not in ("val", "test")], held
