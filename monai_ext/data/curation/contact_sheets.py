# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

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


def contact_sheets(table: FrameTable, evaluation: FrameTable, corpus: FrameDataset) -> list[Sheet]:
    """Pictures of some frames of each kind, evenly spread; of frames that may hold burned-in text none, since it may be a name.

    Args:
        table: of the frames.
        evaluation: images that are kept for evaluation.
        corpus: the shards of the kept frames.
    """
    kept = table.kept()
    sources = np.array([known.source for known in table.files], object)[table.rows["file"][kept]]
    sheets = [
        _kept_sheet(source, np.flatnonzero(sources == source), ~table.rows["text"][kept], corpus)
        for source in dict.fromkeys(sources)
    ]
    text = "Kept, but something looks like burned-in text, or the file says so. No picture is shown here; in the corpus they are as they were."
    sheets.append(Sheet("Marked as text", text, (), int(table.rows["text"][kept].sum())))
    for verdict in Verdict:
        if verdict not in (Verdict.KEPT, Verdict.UNREADABLE):
            sheets.append(_dropped_sheet(table, evaluation, verdict))
    return [sheet for sheet in sheets if sheet.total]


def _spread(rows: ndarray, shown: int) -> list[int]:
    places = np.linspace(0, len(rows) - 1, min(shown, len(rows))).round().astype(int)
    return [int(rows[place]) for place in places]


def _kept_sheet(source: str, places: ndarray, clean: ndarray, corpus: FrameDataset) -> Sheet:
    names, cards = corpus.files, []
    for place in _spread(places[clean[places]], _KEPT):
        sample = corpus[place]
        height, width = sample["extent"].tolist()
        frame = sample["image"][0, :height, :width].numpy()
        vessels = ops.unpack_bits(sample["vessels"])[0, :height, :width].numpy()
        cards.append(Card(frame, names[place], vessels=vessels))
    return Sheet(f"Kept: {source}", "With the vessel map.", tuple(cards), len(places))


def _dropped_sheet(table: FrameTable, evaluation: FrameTable, verdict: Verdict) -> Sheet:
    rows = np.flatnonzero(table.rows["verdict"] == verdict)
    hidden = verdict in (Verdict.TEXT, Verdict.FLAT)  # pages of text are nearly flat
    pictured = rows[:0] if hidden else rows[~table.rows["text"][rows]]
    cards = (_dropped_card(table, evaluation, row, verdict) for row in _spread(pictured, _SHOWN))
    return Sheet(verdict.title.capitalize(), verdict.meaning, tuple(card for card in cards if card), len(rows))


def _dropped_card(table: FrameTable, evaluation: FrameTable, row: int, verdict: Verdict) -> Card | None:
    twin, source = table.twins[row], table.file(row).source
    picture = _picture(table, row)
    if picture is None or twin < 0:
        return None if picture is None else Card(picture, source)
    others = evaluation if verdict is Verdict.EXCLUDED else table
    other, caption = _picture(others, twin), f"{_SIDES[verdict]}: {others.file(twin).source}"
    return Card(picture, f"dropped: {source}", other, caption if other is not None else "")


def _picture(table: FrameTable, row: int) -> ndarray | None:
    """None if it holds text, or is gone."""
    try:
        (frame,) = decode_frames(table.file(row).file.path, [int(table.rows[row]["frame"])])
    except (ValueError, OSError):
        return None
    return None if find_text(frame) else frame
