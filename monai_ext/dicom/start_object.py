# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

from monai_ext import __version__
from monai_ext.results import Algorithm

from .object_kind import ObjectKind
from .source_header import SourceHeader
from .stable_uid import stable_uid

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["start_object"]

_LONGEST = 64
"""Characters of a long string (LO)."""


def start_object(kind: ObjectKind, source: SourceHeader, algorithm: Algorithm) -> Dataset:
    """The head of a result: patient and study of the source, a series and equipment of its own.

    One series holds what one algorithm makes of one series in one format. The equipment is the algorithm: its serial number is the SHA-256 of the
    weights, its software versions are those of the bundle and of this package.

    Args:
        kind: of the result.
        source: of the result.
        algorithm: that found it.

    Returns:
        Without a SOP instance UID, which `save_object` makes of the content.

    References:
        DICOM PS3.3, C.7.3.1 (General Series), C.7.5.2 (Enhanced General Equipment), C.12.1 (SOP Common).
    """
    from pydicom import Dataset

    head = Dataset()
    head.update(source.identity)
    head.SOPClassUID, head.Modality = kind.sop_class, kind.modality
    head.SeriesInstanceUID = stable_uid(kind.name, source.series, algorithm.name, algorithm.version, algorithm.weights)
    head.SeriesNumber, head.SeriesDescription = kind.series_number, f"{kind.title} {algorithm.name}"[:_LONGEST]
    head.InstanceNumber = source.instance_number
    if kind.modality != "SR":  # whose series have no such attribute
        head.BodyPartExamined = "HEART"
    head.Manufacturer, head.ManufacturerModelName = "monai_ext", algorithm.name[:_LONGEST]
    head.DeviceSerialNumber = algorithm.weights[:_LONGEST]
    head.SoftwareVersions = [algorithm.version[:_LONGEST], f"monai_ext {__version__}"]
    return head
