# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import cached_property

import numpy as np

from .attributes import Attributes
from .lookup_table import LookupTable
from .luma import luma
from .pixel_layout import PixelLayout
from .voi_window import voi_window

__all__ = ["Display"]

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_COLORS = ("Red", "Green", "Blue")


class Display:
    """How stored values of one frame become what is looked at, with vessels dark.

    1. Rescale; a modality lookup table only in secondary captures: in angiograms it leads back to X-ray intensity and away from what is
       shown (PS3.3, C.8.7.1.1; so do dcmtk, dcm4che and fo-dicom).
    2. The first VOI lookup table, else the first window, else the full range. Only then, and if the values are linear in intensity (LIN)
       with more than 8 bits, the logarithm: the file's own table (TO_LOG) or log(1 + 255 x) / log(256) of the share x of white. Values
       of 8 bits have been made for a screen already.
    3. Polarity: where the sign of the relation to X-ray intensity is told, more intensity becomes brighter; else MONOCHROME1 or an inverse
       presentation shape is inverted.

    Args:
        root: attributes of the image.
        layout: of the pixels.
        frame: counted from 0; it matters in enhanced images.

    References:
        DICOM PS3.3, C.11.1 (Modality LUT), C.11.2 (VOI LUT), C.11.6 (Presentation LUT), C.8.19.6.4 and C.8.19.6.7 (enhanced XA).
    """

    def __init__(self, root: Attributes, layout: PixelLayout, frame: int) -> None:
        self._root, self._layout, self._frame = root, layout, frame
        self._voi = root.group("FrameVOILUTSequence", frame)
        self._relation = root.group("FramePixelDataPropertiesSequence", frame)

    @cached_property
    def chosen(self) -> bool:
        """Whether the file says which values are of interest."""
        return (
            self._layout.photometric == "PALETTE COLOR"
            or self._modality is not None
            or self._voi_lut is not None
            or bool(self._window)
        )

    def table(self, span: tuple[int, int]) -> np.ndarray:
        """What is shown for every value that can be stored, from the smallest on.

        Args:
            span: stored values that count as black and white where the file does not say it.

        Returns:
            (values,), float32, 0..1.
        """
        low, high = self._layout.span
        stored = np.arange(low, high + 1, dtype=np.float64)
        if self._layout.photometric == "PALETTE COLOR":
            return self._palette(stored).astype(np.float32)
        shown = self._shown(stored, span)
        return (1 - shown if self._inverted(shown) else shown).astype(np.float32)

    @cached_property
    def _modality(self) -> LookupTable | None:
        if not self._root.text("SOPClassUID").startswith(_SECONDARY_CAPTURE):
            return None
        return self._first_table(self._root, "ModalityLUTSequence")

    @cached_property
    def _voi_lut(self) -> LookupTable | None:
        return self._first_table(self._voi, "VOILUTSequence")

    @cached_property
    def _window(self) -> tuple[float, float, str] | None:
        """Center, width and function; None if absent or impossible."""
        center, width = self._voi.number("WindowCenter"), self._voi.positive("WindowWidth")
        function = self._voi.text("VOILUTFunction")
        if center is None or width is None or (width < 1 and function not in ("LINEAR_EXACT", "SIGMOID")):
            return None
        return center, width, function

    def _first_table(self, holder: Attributes, keyword: str) -> LookupTable | None:
        items = holder.items(keyword)
        return LookupTable.read(items[0], self._layout.signed) if items else None

    def _shown(self, stored: np.ndarray, span: tuple[int, int]) -> np.ndarray:
        values, ends = self._rescaled(stored), self._rescaled(np.array(span, dtype=np.float64))
        if self._modality is not None:
            values, ends = self._modality(stored), np.array([0, self._modality.white])
        if self._voi_lut is not None:
            return self._voi_lut(values) / self._voi_lut.white
        if self._window:
            return voi_window(values, *self._window)
        linear = self._relation.text("PixelIntensityRelationship") == "LIN" and self._layout.stored > 8
        if linear and self._modality is None:
            return self._logarithm(stored, span)
        return _share(values, ends)

    def _rescaled(self, stored: np.ndarray) -> np.ndarray:
        holder = self._root.group("PixelValueTransformationSequence", self._frame)
        slope, intercept = holder.number("RescaleSlope"), holder.number("RescaleIntercept")
        return stored * (slope or 1) + (intercept or 0)

    def _logarithm(self, stored: np.ndarray, span: tuple[int, int]) -> np.ndarray:
        for item in self._root.group_items("PixelIntensityRelationshipLUTSequence", self._frame):
            if item.text("LUTFunction") == "TO_LOG":
                table = LookupTable.read(item, self._layout.signed)
                return table(stored) / table.white
        return np.log1p(255 * _share(stored, np.array(span))) / np.log(256)

    def _inverted(self, shown: np.ndarray) -> bool:
        sign = self._relation.number("PixelIntensityRelationshipSign")
        if sign in (1, -1):
            return sign * (shown[-1] - shown[0]) < 0
        return self._layout.photometric == "MONOCHROME1" or self._root.text("PresentationLUTShape") == "INVERSE"

    def _palette(self, stored: np.ndarray) -> np.ndarray:
        names = [f"{color}PaletteColorLookupTable" for color in _COLORS]
        tables = [
            LookupTable.read(self._root, self._layout.signed, f"{name}Descriptor", f"{name}Data") for name in names
        ]
        return luma(*(table(stored) for table in tables)) / max(table.white for table in tables)


def _share(values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    low, high = float(ends.min()), float(ends.max())
    return np.clip((values - low) / (high - low), 0, 1)
