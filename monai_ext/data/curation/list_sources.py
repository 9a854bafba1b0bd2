# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..records import Fault, Listing, Record, find_source, read_records
from ..records.dicom_folders import IMAGES
from ..records.pair_masks import is_mask_folder
from ..records.plain_images import MASKS

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
    folders: Sequence[str | os.PathLike[str]],
    exclude: Sequence[str | os.PathLike[str]],
    tell: Callable[[str], object] = str,
) -> tuple[list[Source], Source]:
    """What there is to curate, and the images that are kept for evaluation.

    A data set's own val and test splits are evaluation images too, unless a folder holds nothing else. Files that two folders reach count
    once, and files of an excluded folder are no source.

    Args:
        folders: the sources; KIND=FOLDER where the kind of data set is not to be found out, see `read_records`.
        exclude: folders of evaluation images, in the same way.
        tell: called with a line about each folder: for who gave it, since it names the folder.

    Returns:
        The sources in their order, and all evaluation images.

    Raises:
        FileNotFoundError: if a folder does not exist.
        ValueError: if one holds no image, or a kind is unknown.
    """
    evaluation = [listing for folder in exclude for listing in _read(folder, tell)]
    held = [record for listing in evaluation for record in _all_records(listing)]
    left_out: Counter[str] = Counter()
    for listing in evaluation:
        left_out.update(listing.left_out)
    seen = {_real(record.path) for record in held}
    names: Counter[str] = Counter()
    sources = []
    for listing in (listing for folder in folders for listing in _read(folder, tell)):
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


def _read(folder: str | os.PathLike[str], tell: Callable[[str], object]) -> list[Listing]:
    """What a folder holds, as told or found out."""
    kind, _, path = str(folder).partition("=")
    told = path and not Path(folder).exists()
    listings = [read_records(path, kind)] if told else _find_out(Path(folder))
    for listing in listings:
        evaluation = sum(record.split in ("val", "test") for record in listing.records)
        left_out = ", ".join(f"{count} {reason}" for reason, count in listing.left_out.items())
        parts = [f"{len(listing.records)} frames", *([f"{evaluation} of them for evaluation"] if evaluation else [])]
        parts += [f"{len(listing.faults)} faults"] if listing.faults else []
        tell(f"{folder}: {listing.source}, {', '.join(parts)}{f'; left out: {left_out}' if left_out else ''}")
    return listings


def _find_out(folder: Path) -> list[Listing]:
    """A data set; or DICOM files and the images among them."""
    _refuse_masks_and_collections(folder)
    try:
        found = read_records(folder)
    except ValueError as nothing:
        with suppress(ValueError):
            return [read_records(folder, "images")]  # among DICOM files of which none is whole
        raise nothing
    if found.source != "dicom" or not found.left_out.get(IMAGES):
        return [found]
    try:
        images = read_records(folder, "images")
    except ValueError:  # masks alone
        return [found]
    without = {reason: count for reason, count in found.left_out.items() if reason != IMAGES}
    masks = {reason: count for reason, count in images.left_out.items() if reason == MASKS}
    return [replace(found, left_out=without), replace(images, left_out=masks)]


def _refuse_masks_and_collections(folder: Path) -> None:
    if not folder.is_dir():
        return  # told by the reader
    if is_mask_folder(folder.name):
        raise ValueError(
            f"'{folder}' must hold images, its name says that it holds masks; give the folder above it, or images={folder} if they are images."
        )
    kinds = {child: find_source(child) for child in sorted(folder.iterdir()) if child.is_dir()}
    sets = {child.name: kind for child, kind in kinds.items() if kind not in (None, "images")}
    if len(set(sets.values())) > 1:
        listed = ", ".join(f"{name} ({kind})" for name, kind in sets.items())
        raise ValueError(f"'{folder}' must be one data set, it holds several: {listed}; name each of them.")


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
