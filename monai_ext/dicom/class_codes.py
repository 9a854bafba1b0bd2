# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import NamedTuple

__all__ = ["ClassCodes", "class_codes"]

Code = tuple[str, str, str]

_ANATOMY: Code = ("91723000", "SCT", "Anatomical Structure")
_ABNORMAL: Code = ("49755003", "SCT", "Morphologically Abnormal Structure")
_THING: Code = ("260787004", "SCT", "Physical object")
_CORONARY: Code = ("41801008", "SCT", "Coronary artery")
_STENOSIS: Code = ("415582006", "SCT", "Stenosis")
_CATHETER: Code = ("19923001", "SCT", "Catheter")
_SEGMENTS = {
    "1": ("91083009", "Proximal Right Coronary Artery"),
    "2": ("450960006", "Mid Right Coronary Artery"),
    "3": ("41879009", "Distal Right Coronary Artery"),
    "4": ("53655008", "Posterior Descending Right Coronary Artery"),
    "5": ("3227004", "Left Main Coronary Artery"),
    "6": ("68787002", "Proximal Left Anterior Descending Coronary Artery"),
    "7": ("91748002", "Mid Left Anterior Descending Coronary Artery"),
    "8": ("36672000", "Distal Left Anterior Descending Coronary Artery"),
    "9": ("91750005", "1st Diagonal Coronary Artery"),
    "10": ("91751009", "2nd Diagonal Coronary Artery"),
    "11": ("52433000", "Proximal Circumflex Coronary Artery"),
    "12": ("244252004", "Intermediate Artery (Ramus)"),
    "12a": ("91754001", "1st Marginal Coronary Artery"),
    "12b": ("91755000", "2nd Marginal Coronary Artery"),
    "13": ("6511003", "Distal Circumflex Coronary Artery"),
    "14": ("57823005", "Left Posterolateral Circumflex Coronary Artery"),
    "15": ("91760001", "Left Posterior Descending Circumflex Coronary Artery"),
    "16": ("17269004", "Posterolateral branch of right Coronary Artery"),
    "16a": ("91761002", "1st Right posterolateral Coronary Artery"),
    "16b": ("91762009", "2nd Right posterolateral Coronary Artery"),
    "16c": ("91763004", "3rd Right posterolateral Coronary Artery"),
}
"""By SYNTAX name; a segment that only continues another (9a, 10a, 14a, 14b) has its code, and its own name as label."""


class ClassCodes(NamedTuple):
    """What a class is, by codes.

    Attributes:
        category: of `kind`.
        kind: what it is.
        site: where it lies.
    """

    category: Code
    kind: Code
    site: Code

    @property
    def is_vessel(self) -> bool:
        """Whether it is a vessel, which has a diameter, not something in a vessel."""
        return self.kind == self.site


def class_codes(name: str) -> ClassCodes:
    """Codes of a class by its name: stenosis, catheter, a SYNTAX segment ("9a"); everything else is a coronary artery.

    References:
        DICOM PS3.16, CID 3014 (Coronary Artery Segments), CID 7150 (Segmentation Property Categories), CID 7151 (types).
        Sianos, G. et al. The SYNTAX score. EuroIntervention 1 (2005), figure 1.
    """
    lower = name.lower()
    if lower.startswith("stenos"):
        return ClassCodes(_ABNORMAL, _STENOSIS, _CORONARY)
    if lower.startswith("catheter"):
        return ClassCodes(_THING, _CATHETER, _CORONARY)
    value, meaning = _SEGMENTS.get(lower) or _SEGMENTS.get(lower.rstrip("ab")) or (_CORONARY[0], _CORONARY[2])
    segment = (value, "SCT", meaning)
    return ClassCodes(_ANATOMY, segment, segment)
