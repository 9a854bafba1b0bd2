# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

from .fault import Fault
from .record import Record

__all__ = ["Listing"]


@dataclass(frozen=True)
class Listing:
    """What a data set holds: its images in natural order of their paths, and what is not among them."""

    source: str
    records: tuple[Record, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    """Number of files that are no records, by reason."""
    faults: tuple[Fault, ...] = ()
    """What is broken; the image itself is a record where there is one."""
