# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise

from .draw_lots import draw_lots
from .record import Record

__all__ = ["split_by_patient"]

_SHARES = {"train": 0.8, "val": 0.2}


def split_by_patient(
    records: Iterable[Record], shares: Mapping[str, float] | None = None, seed: int = 0
) -> dict[str, list[Record]]:
    """Parts of a data set that have no patient in common.

    Patients are those of `draw_lots`: known ones, else videos, else single files. Shares are of patients, not of images, rounded; every part has at least one. The
    result depends on the keys of the patients and the seed, not on the order of the records.

    Args:
        records: of one data set or several.
        shares: share of the patients by name of the part, above 0, 1 in all; 0.8 train and 0.2 val if left out.
        seed: other seeds give other parts.

    Returns:
        The records of each part, in the order given.

    Raises:
        ValueError: if shares are no such numbers, or there are fewer patients than parts.
    """
    records, shares = list(records), dict(_SHARES if shares is None else shares)
    if not shares or min(shares.values()) <= 0 or not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise ValueError(f"shares must be above 0 and 1 in all, got {shares}.")
    patients = draw_lots(records, seed)
    if len(patients) < len(shares):
        raise ValueError(f"every part must have a patient, got {len(patients)} patients for {len(shares)} parts.")
    parts = {}
    for name, (start, end) in zip(shares, pairwise(_borders(list(shares.values()), len(patients))), strict=True):
        indices = sorted(i for patient in patients[start:end] for i in patient)
        parts[name] = [records[i] for i in indices]
    return parts


def _borders(shares: list[float], count: int) -> list[int]:
    """Where parts begin and end among `count` patients, moved where one would be empty."""
    borders = [0, *(round(share * count) for share in accumulate(shares))]
    borders[-1] = count
    for i in range(1, len(shares)):
        borders[i] = max(borders[i], borders[i - 1] + 1)
    for i in reversed(range(1, len(shares))):
        borders[i] = min(borders[i], borders[i + 1] - 1)
    return borders
