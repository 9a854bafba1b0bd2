# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from enum import IntEnum

__all__ = ["Verdict"]


class Verdict(IntEnum):
    """What became of a frame; in the order in which they are decided."""

    KEPT = 0
    UNREADABLE = 1
    TOO_SMALL = 2
    FLAT = 3
    NO_CONTRAST = 4
    TEXT = 5
    EXCLUDED = 6
    DUPLICATE = 7

    @property
    def title(self) -> str:
        """For people."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """One sentence."""
        return _WORDS[self][1]


_WORDS = {
    Verdict.KEPT: ("kept", "In the corpus."),
    Verdict.UNREADABLE: (
        "unreadable",
        "The file is broken, empty, no image, or its decoder failed; the table of files beside the corpus has the reasons.",
    ),
    Verdict.TOO_SMALL: ("too small", "A side of the frame is shorter than the option --min-side."),
    Verdict.FLAT: ("empty", "All or nearly all pixels have one value."),
    Verdict.NO_CONTRAST: (
        "no contrast",
        "No vessel is filled: in a cine, frames no better than its first ones; alone, frames without dark ridges. The rule errs now and then; --keep-all keeps them.",
    ),
    Verdict.TEXT: ("burned-in text", "Something that looks like text, dropped since --text drop was asked."),
    Verdict.EXCLUDED: (
        "in evaluation set",
        "A near-duplicate of an image that is kept for evaluation: it would leak into the training.",
    ),
    Verdict.DUPLICATE: (
        "near-duplicate",
        "Nearly the same picture as a frame that is kept, of the same or another source.",
    ),
}
