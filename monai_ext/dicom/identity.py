# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["IDENTITY", "copy_identity"]

_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip
"""Must be there, if only empty."""
_OPTIONAL = (
    "IssuerOfPatientID", "OtherPatientIDsSequence", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "StudyDescription", "IssuerOfAccessionNumberSequence", "PatientAge", "PatientSize",
    "PatientWeight",
)  # fmt: skip
IDENTITY = ("SpecificCharacterSet", "StudyInstanceUID", *_TYPE_2, *_OPTIONAL)
"""Keywords of all that a result takes over from its source."""


def copy_identity(source: Dataset) -> Dataset:
    """Who and which study: what every result takes over from its source, and nothing else.

    1. The attributes of the Patient, General Study and Patient Study modules that are named above are copied with their values.
    2. Those of them that must be there (type 2) and are not are empty.
    3. Text is written in UTF-8, whatever the source's character set; letters stay what they are.
    4. Private attributes are left out, in items of sequences too; so is everybody who operated, performed or read.
    5. A source that says that its identity was removed, but not how, gets "not stated by the source" for the method, which the standard
       demands (type 1C).

    Args:
        source: with its text decoded, see `Dataset.decode`.

    References:
        DICOM PS3.3, C.7.1.1 (Patient), C.7.2.1 (General Study), C.7.2.2 (Patient Study), C.12.1 (SOP Common); PS3.5, 6.1.
    """
    from pydicom import Dataset

    identity = Dataset()
    identity.SpecificCharacterSet = "ISO_IR 192"
    identity.update(dict.fromkeys(_TYPE_2))
    for keyword in IDENTITY[1:]:
        if keyword in source and (keyword in _TYPE_2 or source[keyword].value):
            identity[keyword] = source[keyword]
    identity.remove_private_tags()
    if identity.get("PatientIdentityRemoved") == "YES" and not _says_how(identity):
        identity.DeidentificationMethod = "not stated by the source"
    return identity


def _says_how(identity: Dataset) -> bool:
    return "DeidentificationMethod" in identity or "DeidentificationMethodCodeSequence" in identity
