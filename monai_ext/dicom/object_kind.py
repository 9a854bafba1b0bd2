# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ObjectKind"]


@dataclass(frozen=True, kw_only=True)
class ObjectKind:
    """What all results of one format have in common.

    Attributes:
        name: of the format; part of the UIDs.
        sop_class: UID.
        modality: of its series.
        series_number: high, so that results come after what was acquired.
        title: of its series.
    """

    name: str
    sop_class: str
    modality: str
    series_number: int
    title: str
