# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .xa_facts import XAFacts

__all__ = ["XACine"]


@dataclass(frozen=True, eq=False, kw_only=True)
class XACine(XAFacts):
    """An X-ray cine ready to be looked at, without anything that names the patient; see `read_xa`, and `XAFacts` for what is known of it.

    Attributes:
        frames: (frames, rows, columns), float32, 0..1; more X-rays are brighter, so vessels with contrast agent are dark. Some or all of the
            `frame_count` that the file holds.
    """

    frames: np.ndarray = field(repr=False)
