# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable

from .draw_lots import draw_lots
from .record import Record

__all__ = ["label_fraction"]


def label_fraction(records: Iterable[Record], fraction: float, seed: int = 0) -> list[Record]:
    """A part of the records, as if only these were labelled.

    Whole patients are drawn one after another, as far as they are known (`draw_lots`), and the last one is cut so that the number of records is exact: few labelled
    frames of very many patients would be the easier task. A smaller fraction of the same seed is a part of a larger one.

    Args:
        records: those that have the label.
        fraction: share of the records, above 0 and at most 1.
        seed: other seeds draw others.

    Returns:
        At least one record, in the order given; which ones does not depend on that order.

    Raises:
        ValueError: if the fraction is out of range or there is no record.
    """
    records = list(records)
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must be above 0 and at most 1, got {fraction}.")
    if not records:
        raise ValueError("records must hold at least one record, got none.")
    drawn = [i for patient in draw_lots(records, seed) for i in patient]
    count = max(1, round(fraction * len(records)))
    return [records[i] for i in sorted(drawn[:count])]
