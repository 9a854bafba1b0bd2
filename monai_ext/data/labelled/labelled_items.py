# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monai_ext.ops import one_line

from ..records import Listing, Record, read_records
from ..records.label_fraction import label_fraction as draw_fraction
from ..records.split_by_patient import split_by_patient
from .label_source import LABELS, label_source
from .phantom_arcade import phantom_arcade

__all__ = ["labelled_items"]

_SPLITS = ("train", "val", "test", "all")
_SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}
_WITHOUT_VAL = {"train": 0.9, "val": 0.1}
_PHANTOMS_TO_JUDGE = 4  # times fewer than to train on
_EXPECT_MASKS = ("masks", "xcad", "xcav")
"""Sources of which an image without a mask may be a mistake; ARCADE's other task is none."""
_SHOWN = 3

logger = logging.getLogger(__name__)


def labelled_items(
    dataset_dir: str | os.PathLike[str] | Sequence[str] | None = None,
    *,
    label: str = "vessels",
    split: str = "train",
    label_fraction: float = 1.0,
    split_seed: int = 0,
    by_patient: bool = False,
    phantom_count: int = 256,
    phantom_seed: int = 0,
    phantom_size: int = 512,
    cache_dir: str | os.PathLike[str] | None = None,
) -> list[dict[str, Any]]:
    """The images of a data set that have a task's label, of one split: what `LabelledImages` and `LabelledBoxes` read.

    Official splits are kept. Images without one are split by patient, 70 % train, 10 % val, 20 % test; where there is a train split and no
    val split, a tenth of the train patients become val. Several data sets count as one. Images that lack their mask and what else is
    broken are logged, a line a data set.

    Args:
        dataset_dir: a data set as published or a part of it, or folders of images and of masks; a list for several; None (or '',
            on a command line) for synthetic angiograms.
        label: "vessels", "segments", "stenoses" or "boxes", see `label_source`.
        split: "train", "val", "test", or "all", which synthetic angiograms do not have.
        label_fraction: share of the images that are taken, as if only these were labelled; a smaller one is a part of a larger one.
        split_seed: of splits and fractions.
        by_patient: split by patient, as if there were no official split: that of Danilov's stenoses has nearly all patients on both sides. Images
            whose patient is not known keep theirs.
        phantom_count: number of synthetic angiograms of the train split; others have a quarter of it.
        phantom_seed: other seeds give others.
        phantom_size: their side in pixels.
        cache_dir: where they are kept, see `phantom_arcade`.

    Returns:
        For each image `image`, its path, and `label`, its `Record`.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if the label or split is unknown, the fraction is out of range, no image has them (says what there is), there are too few
            patients to split, or by_patient is asked for and no patient is known.
    """
    _check(label, split)
    if not 0 < label_fraction <= 1:
        raise ValueError(f"label_fraction must be above 0 and at most 1, got {label_fraction}; 1 takes every label.")
    if dataset_dir:
        folders = [dataset_dir] if isinstance(dataset_dir, (str, os.PathLike)) else list(dataset_dir)
    else:
        count = phantom_count if split == "train" else max(1, phantom_count // _PHANTOMS_TO_JUDGE)
        folders = [phantom_arcade(count, split, seed=phantom_seed, size=phantom_size, cache_dir=cache_dir)]
    records = [record for folder in folders for record in _reported(folder, read_records(folder), label).records]
    labelled = [record for record in records if label_source(record, label)]
    wanted = split if dataset_dir else "all"  # phantoms are drawn for their split
    part = _part(_by_patient(labelled) if by_patient and dataset_dir else labelled, wanted, split_seed)
    if not part:
        raise ValueError(
            f"split '{split}' must have images with the label '{label}' in {', '.join(map(str, folders))}, "
            f"got {_found(records, label)}; check folder, task and split."
        )
    part = part if label_fraction == 1 else draw_fraction(part, label_fraction, split_seed)
    return [{"image": str(record.path), "label": record} for record in part]


def _check(label: str, split: str) -> None:
    for name, value, known in (("label", label, LABELS), ("split", split, _SPLITS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}.")


def _reported(folder: str | os.PathLike[str], listing: Listing, label: str) -> Listing:
    """Tells what a data set lacks."""
    bare = [record for record in listing.records if label_source(record, label) is None and _should_have(record)]
    if bare:
        named = _first([str(record.path) for record in bare])
        logger.warning(
            f"{len(bare)} of {len(listing.records)} images in '{folder}' have no label '{label}' and are left out: {named}"
        )
    told = {record.path for record in bare}
    faults = [f"{fault.path} ({fault.reason})" for fault in listing.faults if fault.path not in told]
    if faults:
        logger.warning(f"{len(faults)} faults in '{folder}': {_first(faults)}")
    return listing


def _should_have(record: Record) -> bool:
    return record.source in _EXPECT_MASKS and (record.source, record.split) != ("xcad", "train")


def _first(lines: list[str]) -> str:
    return ", ".join(map(one_line, lines[:_SHOWN])) + (
        f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    )


def _found(records: list[Record], label: str) -> str:
    """What there is instead."""
    splits = Counter(record.split or "no split" for record in records if label_source(record, label))
    if splits:
        return ", ".join(f"{count} of {split}" for split, count in splits.items())
    labels = Counter(name for record in records for name in record.labels)
    others = ", ".join(f"{count} with '{name}'" for name, count in labels.items()) or "none with any label"
    return f"{len(records)} images, {others}"


def _by_patient(records: list[Record]) -> list[Record]:
    """Without the official split of those whose patient is known."""
    freed = [record if record.patient is None else replace(record, split=None) for record in records]
    if records and all(record.patient is None for record in records):
        raise ValueError(
            f"by_patient must have images whose patient is known, got {len(records)} of unknown ones; leave it false."
        )
    return freed


def _part(records: list[Record], split: str, seed: int) -> list[Record]:
    """The records of a split."""
    if split == "all":
        return records
    parts: dict[str | None, list[Record]] = {name: [] for name in (None, *_SHARES)}
    for record in _without_strays(records):
        parts[record.split].append(record)
    drawn = _drawn(parts[None], _SHARES, seed)[split] if parts[None] else []
    if parts["train"] and not parts["val"] and split in _WITHOUT_VAL:
        logger.info("there is no val split: a tenth of the train patients or images are val, and not in train")
        return _drawn(parts["train"], _WITHOUT_VAL, seed)[split] + drawn
    return parts[split] + drawn


def _without_strays(records: list[Record]) -> list[Record]:
    """Leaves out images in no split of a source whose val is drawn from train: they would be a val of their own, of patients who are in train."""
    splits = defaultdict(set)
    for record in records:
        splits[record.source].add(record.split)
    official = {source for source, names in splits.items() if "train" in names and "val" not in names}
    strays = [str(record.path) for record in records if record.split is None and record.source in official]
    if strays:
        logger.warning(f"{len(strays)} images are in none of the official splits and are left out: {_first(strays)}")
    return [record for record in records if record.split is not None or record.source not in official]


def _drawn(records: list[Record], shares: dict[str, float], seed: int) -> dict[str, list[Record]]:
    try:
        return split_by_patient(records, shares, seed)
    except ValueError as error:
        raise ValueError(
            f"images without an official split must be enough to draw one: {error} Put them into folders named train, val and test."
        ) from error
