# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm

__all__ = ["progress_bar"]


def progress_bar(
    title: str, total: int, unit: str, *, done: int = 0, show: bool = True, over: Iterable | None = None
) -> tqdm:
    """A bar on a terminal; in a log file a line each half minute.

    Args:
        title: what is being done.
        total: how many there are.
        unit: of what, in the singular.
        done: how many were done before.
        show: False for none.
        over: what to iterate over; left out, who works calls `update`.
    """
    seconds = 0.1 if sys.stderr.isatty() else 30  # between two reports
    return tqdm(
        over,
        desc=title,
        total=total,
        initial=done,
        unit=unit,
        disable=not show,
        mininterval=seconds,
        maxinterval=seconds,
    )
