# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monai_ext.data.xa.pixel_layout import PixelLayout

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["SourceHeader"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SourceHeader:
    """What the objects made of a file need to know of it; see `read_source`.

    Attributes:
        identity: patient and study, see `copy_identity`; left out of the representation, so that no log shows it.
        sop_class: UID.
        sop_instance: UID.
        series: UID.
        instance_number: of the file in its series; 1 where it is not said.
        layout: of its pixels.
        burned_in: "YES" or "NO", whether the pixels may show who the patient is; "YES" where it is not said.
        lossy: LossyImageCompression, with ratio and method as far as they are known.
        window: VOI LUT or window by which the first frame is shown; empty where there is none.
    """

    identity: Dataset = field(repr=False)
    sop_class: str
    sop_instance: str
    series: str
    instance_number: int
    layout: PixelLayout
    burned_in: str
    lossy: Dataset
    window: Dataset

    def reference(self, numbers: Sequence[int] = ()) -> Dataset:
        """A reference to the file, or to some of its frames.

        Args:
            numbers: of the frames, counted from 0; in DICOM from 1. Left out where there is one frame only (PS3.3, table 10-3).
        """
        from pydicom import Dataset

        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = self.sop_class, self.sop_instance
        if self.layout.frames > 1 and len(numbers):
            reference.ReferencedFrameNumber = [number + 1 for number in numbers]
        return reference

    def referenced_series(self) -> Dataset:
        """The file as an item of a Referenced Series Sequence, to fill (PS3.3, C.12.2 and C.11.11)."""
        from pydicom import Dataset

        series = Dataset()
        series.SeriesInstanceUID = self.series
        return series
