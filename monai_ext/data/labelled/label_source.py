# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from ..records import Record

__all__ = ["LABELS", "MASKS", "label_source"]

_NAMES = {
    "vessels": ("vessels", "segments"),
    "segments": ("segments", "segment_map"),
    "stenoses": ("stenoses",),
    "boxes": ("boxes", "stenoses"),
}

LABELS = tuple(_NAMES)
"""The labels that a task may ask for."""

MASKS = LABELS[:3]
"""Those of which each pixel has one."""


def label_source(record: Record, label: str) -> str | None:
    """Which label of a record a task's label is read of.

    Vessels are segments whose class does not matter, boxes may be those around the outlines of stenoses. Of folders of images and of masks (source "masks") the mask is the label, whatever the task
    but boxes: "masks" or "gt" do not tell what was drawn.

    Args:
        record: of any source.
        label: one of `LABELS`.

    Returns:
        A key of `record.labels`; None where the record lacks the label.

    Raises:
        ValueError: if the label is unknown.
    """
    if label not in _NAMES:
        raise ValueError(f"label must be one of {', '.join(LABELS)}, got {label!r}.")
    any_mask = record.source == "masks" and label in MASKS
    names = (*_NAMES[label], "vessels") if any_mask else _NAMES[label]
    return next((name for name in names if name in record.labels), None)
