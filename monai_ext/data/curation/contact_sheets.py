# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from monai_ext import ops

from ..frame_dataset import FrameDataset
from ..quality import find_text
from .decode_frames import decode_frames
from .frame_table import FrameTable
from .sheet import Card, Sheet
from .verdict import Verdict

__all__ = ["contact_sheets"]

_SHOWN = 24  # of a kind
_KEPT = 12  # of a source
_SIDES = {Verdict.EXCLUDED: "evaluation", Verdict.DUPLICATE: "kept"}
_MARGIN = 6  # pixels around burned-in text


def contact_sheets(table: FrameTable, evaluation: FrameTable, corpus: FrameDataset) -> list[Sheet]:
    """Pictures of some frames of each kind, evenly spread, in which burned-in text is covered.

    Args:
        table: of the frames.
        evaluation: images that are kept for evaluation.
        corpus: the shards of the kept frames.
    """
    kept = table.kept()
    sources = np.array([known.source for known in table.files], object)[table.rows["file"][kept]]
    sheets = [
        _kept_sheet(f"Kept: {source}", "With the vessel map.", np.flatnonzero(sources == source), _KEPT, corpus)
        for source in dict.fromkeys(sources)
    ]
    marked = np.flatnonzero(table.rows["text"][kept])
    text = "Kept, but something looks like burned-in text, or the file says so. It is covered here; in the corpus it is not."
    sheets.append(_kept_sheet("Marked as text", text, marked, _SHOWN, corpus))
    for verdict in Verdict:
        if verdict not in (Verdict.KEPT, Verdict.UNREADABLE):
            sheets.append(_dropped_sheet(table, evaluation, verdict))
    return [sheet for sheet in sheets if sheet.total]


def _spread(rows: Sequence[int], shown: int) -> list[int]:
    places = np.linspace(0, len(rows) - 1, min(shown, len(rows))).round().astype(int)
    return [int(rows[place]) for place in places]


def _kept_sheet(title: str, text: str, places: ndarray, shown: int, corpus: FrameDataset) -> Sheet:
    names = corpus.files
    cards = []
    for place in _spread(places, shown):
        sample = corpus[place]
        height, width = sample["extent"].tolist()
        frame = sample["image"][0, :height, :width].numpy()
        vessels = ops.unpack_bits(sample["vessels"])[0, :height, :width].numpy()
        cards.append(Card(_covered(frame), names[place], vessels=vessels))
    return Sheet(title, text, tuple(cards), len(places))


def _dropped_sheet(table: FrameTable, evaluation: FrameTable, verdict: Verdict) -> Sheet:
    rows = np.flatnonzero(table.rows["verdict"] == verdict)
    others = evaluation if verdict is Verdict.EXCLUDED else table
    cards = []
    for row in _spread(rows, _SHOWN):
        twin = table.twins[row]
        cards.append(
            Card(
                _picture(table, row),
                f"dropped: {table.file(row).source}" if twin >= 0 else table.file(row).source,
                None if twin < 0 else _picture(others, twin),
                "" if twin < 0 else f"{_SIDES[verdict]}: {others.file(twin).source}",
            )
        )
    return Sheet(verdict.title.capitalize(), verdict.meaning, tuple(cards), len(rows))


def _picture(table: FrameTable, row: int) -> ndarray:
    (frame,) = decode_frames(table.file(row).file.path, [int(table.rows[row]["frame"])])
    return _covered(frame)


def _covered(frame: ndarray) -> ndarray:
    covered = frame.copy()
    for x0, y0, x1, y1 in find_text(frame):
        covered[max(0, y0 - _MARGIN) : y1 + _MARGIN, max(0, x0 - _MARGIN) : x1 + _MARGIN] = int(frame.mean())
    return covered
