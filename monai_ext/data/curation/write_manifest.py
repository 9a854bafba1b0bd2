# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monai_ext.ops import atomic_file, sheet_name

from .frame_table import FrameTable, KnownFile
from .pseudonyms import Pseudonyms
from .verdict import Verdict

__all__ = ["write_manifest"]

_FACTS = {
    "frame_time": "frame_time_ms",
    "primary_angle": "primary_angle_deg",
    "secondary_angle": "secondary_angle_deg",
    "imager_pixel_spacing": "imager_pixel_spacing_mm",
    "bits": "bits",
}
_COLUMNS = (
    "index",
    "frame",
    "source",
    "patient",
    "split",
    "height",
    "width",
    "verdict",
    "near",
    "text",
    *_FACTS.values(),
)


def _frame_names(table: FrameTable, pseudonyms: Pseudonyms) -> list[str]:
    """Name of each frame: key of its file and its number from 0, such as 1f0c5d2a9b3e4f60-0017."""
    keys = [pseudonyms.file(known.file.path) for known in table.files]
    return [f"{keys[row['file']]}-{row['frame']:04}" for row in table.rows]


def write_manifest(path: Path, table: FrameTable, evaluation: FrameTable, pseudonyms: Pseudonyms) -> list[str]:
    """Writes one row a frame that was looked at, as CSV.

    `index` is the place in the corpus, empty for dropped frames; `near` the frame that a dropped one nearly equals; `text` 1 where burned-in
    text was found or declared. What is known of DICOM is an allow-list of numbers.

    Returns:
        Names of the kept frames, in their order.
    """
    names, held = _frame_names(table, pseudonyms), _frame_names(evaluation, pseudonyms)
    kept = []
    with atomic_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for number, (row, name, twin) in enumerate(zip(table.rows, names, table.twins, strict=True)):
            verdict, known = Verdict(row["verdict"]), table.file(number)
            near = "" if twin < 0 else (held if verdict is Verdict.EXCLUDED else names)[twin]
            place = len(kept) if verdict is Verdict.KEPT else ""
            kept += [name] if verdict is Verdict.KEPT else []
            size = (row["height"] or "", row["width"] or "")
            writer.writerow(
                [place, name, *_origin(known, pseudonyms), *size, verdict.title, near, int(row["text"]), *_facts(known)]
            )
    return kept


def _origin(known: KnownFile, pseudonyms: Pseudonyms) -> Iterator[str]:
    patient = known.file.patient
    yield sheet_name(known.source)
    yield "" if patient is None else pseudonyms.patient(known.file.kind, patient)
    yield known.file.split or ""


def _facts(known: KnownFile) -> Iterator[Any]:
    for name in _FACTS:
        value = known.facts.get(name)
        yield "" if value is None else " ".join(map(str, value)) if isinstance(value, list) else value
