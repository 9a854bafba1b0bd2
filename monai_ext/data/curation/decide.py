# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from ..progress_bar import progress_bar
from .curation_options import CurationOptions
from .frame_table import FrameTable
from .near_duplicates import near_duplicates, nearest_within
from .verdict import Verdict

__all__ = ["decide"]


def decide(table: FrameTable, evaluation: FrameTable, options: CurationOptions, *, progress: bool = True) -> None:
    """Drops what can be told only with all frames at hand: text if asked, what an evaluation set holds, and what repeats a kept frame.

    Args:
        table: of the frames; verdicts and twins are filled in. The twin of a frame that an evaluation set holds is a row of that table.
        evaluation: images that are kept for evaluation.
        options: of the curation.
        progress: show a bar.
    """
    if options.text == "drop":
        kept = table.kept()
        table.rows["verdict"][kept[table.rows["text"][kept]]] = Verdict.TEXT
    kept = table.kept()
    held = evaluation.kept()
    found = nearest_within(table.rows["hash"][kept], evaluation.rows["hash"][held], options.exclude_near)
    _drop(table, kept, np.append(held, -1)[found], Verdict.EXCLUDED)
    kept = table.kept()
    with progress_bar("comparing frames", len(kept), "frame", show=progress) as bar:
        found = near_duplicates(table.rows["hash"][kept], options.near, tell=bar.update)
    _drop(table, kept, np.append(kept, -1)[found], Verdict.DUPLICATE)


def _drop(table: FrameTable, rows: np.ndarray, twins: np.ndarray, verdict: Verdict) -> None:
    table.twins[rows] = twins
    table.rows["verdict"][rows[twins >= 0]] = verdict
