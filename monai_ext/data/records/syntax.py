# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import math
import re
from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .read_text import read_text
from .record import Record
from .split_name import split_name

__all__ = ["read_syntax"]

_NUMBERED = re.compile(r"(?:patient|case|pat|id|p)?[ _-]*0*(\d+)(?:\.0)?")
_WRAPPERS = {"images", "image", "data", "dataset", "png", "jpg"}


def read_syntax(folder: Path) -> Listing:
    """SYNTAX: angiograms with a score a patient (figshare 25801447), scores in a csv file.

    The table has a column whose name holds "syntax" or "score", and one that names the patients ("patient", "id", "case", "name", else the first). An image
    belongs to the patient whose key is the name of one of its folders, of the file, or begins the file's name; "Patient_007" is "7".
    Without a table, the folder that holds the image counts as the patient, or what comes before the first "_" or "-" of its name.

    Args:
        folder: data set.

    Returns:
        One record an image, label "syntax_score" where the table has one.

    Raises:
        ValueError: if there is no image.
    """
    files = FoundFiles(folder)
    scores = _scores(files)
    records = [_record(files, path, scores) for path in files.images]
    missing = {record.patient for record in records if scores and "syntax_score" not in record.labels}
    if missing:
        files.blame(files.folder, f"{len(missing)} patients have no score in the table")
    return files.listing("syntax", records)


def _record(files: FoundFiles, path: Path, scores: dict[str, float]) -> Record:
    folders = path.relative_to(files.folder).parts[:-1]
    names = [*reversed(folders), path.stem, re.split("[_-]", path.stem)[0]]
    patient = next((key for key in map(_key, names) if key in scores), None)
    labels = {"syntax_score": scores[patient]} if patient in scores else {}
    return Record(path, "syntax", patient=patient or _guess(folders, path), split=split_name(folders), labels=labels)


def _guess(folders: tuple[str, ...], path: Path) -> str | None:
    telling = [name for name in folders if name.lower() not in _WRAPPERS and not split_name([name])]
    if telling:
        return _key(telling[-1])
    return _key(re.split("[_-]", path.stem)[0]) if re.search("[_-]", path.stem) else None


def _key(name: str) -> str:
    match = _NUMBERED.fullmatch(name.strip().lower())
    return match[1] if match else name.strip().lower()


def _scores(files: FoundFiles) -> dict[str, float]:
    """Scores by patient; who has two different ones has none."""
    scores: dict[str, float] = {}
    bad: set[str] = set()
    tables = files.take(lambda path: path.suffix.lower() == ".csv")
    for path in tables:
        for key, text in _table(files, path):
            value = _number(text)
            if value is None or scores.get(key, value) != value:
                bad.add(key)
            else:
                scores[key] = value
    if bad:
        files.blame(tables[0].parent, f"{len(bad)} patients have no number or two different ones as their score")
    if not tables and any(path.suffix.lower() == ".xlsx" for path in files.others):
        files.blame(files.folder, "scores in xlsx are not read; save the table as csv")
    return {key: value for key, value in scores.items() if key not in bad}


def _table(files: FoundFiles, path: Path) -> list[tuple[str, str]]:
    """Patient and score of the rows."""
    try:
        text = read_text(path)
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t") if text.strip() else csv.excel
        header, *rows = csv.reader(text.splitlines(), dialect)
        names = [name.strip().lower() for name in header]
        score = next(i for word in ("syntax", "score") for i, name in enumerate(names) if word in name)
        who = (
            i
            for word in ("patient", "id", "case", "name")
            for i, name in enumerate(names)
            if word in name and i != score
        )
        patient = next(who, 0)
        return [(_key(row[patient]), row[score]) for row in rows if len(row) > max(patient, score)]
    except (OSError, ValueError, StopIteration, csv.Error):
        files.blame(
            path,
            "the table must have a header with a column 'syntax' or 'score' and one for the patient; it is not read",
        )
        return []


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
