# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from .listing import Listing
from .record import Record

__all__ = ["arcade_view"]

_LABELS = {"V": "segments", "VS": "segments", "S": "stenoses"}


def arcade_view(listing: Listing, view: str) -> Listing:
    """One of the three tasks that are reported on ARCADE: its images with its one label.

    Args:
        listing: of `read_records`.
        view: "V", vessels or not: label "vessels", the segments' polygons without their class; "VS", the 25 segments: label "segments"; "S",
            stenoses: label "stenoses".

    Returns:
        The records that have the label; the faults and counts of the whole.

    Raises:
        ValueError: if the view is unknown or no record has its label.
    """
    if view not in _LABELS:
        raise ValueError(f"view must be one of {', '.join(_LABELS)}, got {view!r}.")
    label = _LABELS[view]
    records = tuple(_view(record, view) for record in listing.records if label in record.labels)
    if not records:
        raise ValueError(
            f"ARCADE-{view} must have images with the label '{label}', got none among {len(listing.records)}; "
            f"read the task '{'stenosis' if view == 'S' else 'syntax'}'."
        )
    return replace(listing, records=records)


def _view(record: Record, view: str) -> Record:
    label = record.labels[_LABELS[view]]
    if view == "V":
        return replace(record, labels={"vessels": tuple(polygon for _, polygon in label)})
    return replace(record, labels={_LABELS[view]: label})
