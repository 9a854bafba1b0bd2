# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

from .xa_facts import XAFacts

__all__ = ["XAHeader"]


@dataclass(frozen=True, kw_only=True)
class XAHeader(XAFacts):
    """What a file says of its cine; see `read_xa_header`, and `XAFacts` for the rest.

    Attributes:
        rows: height in pixels.
        columns: width in pixels.
        photometric: interpretation, "MONOCHROME2" for most.
        transfer_syntax: UID of how the pixels are packed.
        sop_class: UID of the kind of image, "" if it is not said.
        patient_id: for grouping by patient; left out of the representation, so that no log shows it.
    """

    rows: int
    columns: int
    photometric: str
    transfer_syntax: str
    sop_class: str
    patient_id: str = field(repr=False)
