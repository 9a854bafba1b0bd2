# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from .record import Record

__all__ = ["draw_lots"]


def draw_lots(records: Sequence[Record], seed: int) -> list[list[int]]:
    """Puts patients in a random order that depends on their keys and the seed alone.

    A patient is what records of one source and patient are; where that is not known, those of one video; else those of one file. Files count by
    their path below what all such files have in common, so that the order is the same wherever the data lie.

    Args:
        records: in any order.
        seed: other seeds give other orders.

    Returns:
        For each patient, in the drawn order, the indices of its records, sorted by path and frame.
    """
    root = _root(records)
    patients: dict[tuple[str, ...], list[int]] = {}
    for i, record in enumerate(records):
        patients.setdefault(_key(record, root), []).append(i)
    return [
        sorted(patients[key], key=lambda i: (str(records[i].path), records[i].frame))
        for key in sorted(patients, key=lambda key: (_lot(key, seed), key))
    ]


def _root(records: Sequence[Record]) -> str:
    folders = {str(record.path.parent) for record in records if not (record.patient or record.video)}
    return os.path.commonpath(folders) if folders else ""


def _key(record: Record, root: str) -> tuple[str, ...]:
    if record.patient:
        return record.source, "patient", record.patient
    if record.video:
        return record.source, "video", record.video
    return record.source, "file", os.path.relpath(record.path, root).replace(os.sep, "/")


def _lot(key: tuple[str, ...], seed: int) -> bytes:
    return hashlib.sha256("\0".join([str(seed), *key]).encode("utf-8", "surrogateescape")).digest()
