# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.data.records.is_dicom import is_dicom
from monai_ext.data.xa.attributes import Attributes
from monai_ext.data.xa.guard_xa import guard_xa
from monai_ext.data.xa.lookup_table import LookupTable
from monai_ext.data.xa.open_xa import open_xa
from monai_ext.data.xa.xa_fault import XAFault
from monai_ext.data.xa.xa_file import XAFile
from monai_ext.results import CineResult

from .identity import IDENTITY, copy_identity
from .source_header import SourceHeader

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["read_source"]

_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
}
"""Transfer syntaxes that lose something, and how (PS3.3, C.7.6.1.1.5.1)."""


def read_source(result: CineResult) -> SourceHeader:
    """Reads of a result's source what an object made of it must say.

    Args:
        result: of which the frame numbers and sizes must be those of the source.

    Raises:
        FileNotFoundError: if the source is gone.
        ImportError: without pydicom.
        ValueError: if the source is no DICOM file of X-ray images, names no study, series or instance, or is not what the result was made of.
    """
    if not is_dicom(Path(result.source)):
        raise ValueError(
            f"the source of a DICOM result must be a DICOM file, got '{result.source}'; write png, json, csv, nii or mp4 instead."
        )
    source = guard_xa(result.source, lambda: _read(result.source))
    _check(result, source)
    return source


def _read(path: Path) -> SourceHeader:
    more = (*IDENTITY, *_UIDS, *_LOSSY, "InstanceNumber")
    with open_xa(path, more) as file:
        file.dataset.decode()
        root = file.attributes
        for keyword in _UIDS:
            _check_uid(keyword, root.text(keyword))
        return SourceHeader(
            identity=copy_identity(file.dataset),
            sop_class=root.text("SOPClassUID"),
            sop_instance=root.text("SOPInstanceUID"),
            series=root.text("SeriesInstanceUID"),
            instance_number=max(1, int(root.number("InstanceNumber") or 1)),
            layout=file.layout,
            burned_in="NO" if root.text("BurnedInAnnotation") == "NO" else "YES",
            lossy=_lossy(file),
            window=_window(root.group("FrameVOILUTSequence", 0), file.layout.signed),
        )


def _check_uid(keyword: str, value: str) -> None:
    from pydicom.uid import UID

    if not (value and UID(value).is_valid):
        raise XAFault(f"{keyword} must be there for DICOM results, got none or no valid UID; repair the header.")


def _lossy(file: XAFile) -> Dataset:
    """Once lost is lost: what is made of a lossy image says so too (PS3.3, C.7.6.1.1.5)."""
    from pydicom import Dataset

    lossy, layout = Dataset(), file.layout
    lossy.LossyImageCompression = "00"
    if file.attributes.text("LossyImageCompression") == "01":
        lossy.update({keyword: file.dataset[keyword].value for keyword in _LOSSY if keyword in file.attributes})
    elif method := _METHODS.get(str(file.syntax)):
        ratio = layout.frames * layout.frame_bytes / max(1, file.pixel_length)
        lossy.LossyImageCompression, lossy.LossyImageCompressionMethod = "01", method
        lossy.LossyImageCompressionRatio = f"{max(ratio, 1):.2f}"
    return lossy


def _window(voi: Attributes, signed: bool) -> Dataset:
    """The first table or the first window (PS3.3, C.11.2)."""
    from pydicom import Dataset

    window = Dataset()
    if tables := voi.items("VOILUTSequence"):
        window.VOILUTSequence = [_table(tables[0], signed)]
    elif "WindowCenter" in voi and voi.positive("WindowWidth"):
        window.WindowCenter, window.WindowWidth = voi.values("WindowCenter")[0], voi.values("WindowWidth")[0]
        if "VOILUTFunction" in voi:
            window.VOILUTFunction = voi.text("VOILUTFunction")
    return window


def _table(item: Attributes, signed: bool) -> Dataset:
    """The table with the types that its file left to the pixels' sign (PS3.3, C.11.2.1.1)."""
    from pydicom import Dataset

    read, table = LookupTable.read(item, signed), Dataset()
    descriptor = np.array([len(read.outputs) % 2**16, read.first, item.number("LUTDescriptor", 2)])
    table.add_new(
        "LUTDescriptor", "SS" if signed else "US", descriptor.astype(np.int16 if signed else np.uint16).tolist()
    )
    table.add_new("LUTData", "OW", read.outputs.astype("<u2").tobytes())
    return table


def _check(result: CineResult, source: SourceHeader) -> None:
    layout, size = source.layout, tuple(result.frames.shape[1:])
    if size != (layout.rows, layout.columns):
        raise ValueError(
            f"frames of a result must be as large as those of '{result.source}', got {size[0]}x{size[1]} and "
            f"{layout.rows}x{layout.columns}; keep the file's size."
        )
    if result.masks is not None and result.masks.shape != result.frames.shape:
        raise ValueError(f"masks must be as large as the frames, got {result.masks.shape} and {result.frames.shape}.")
    if max(result.numbers, default=0) >= layout.frames:
        raise ValueError(
            f"'{result.source}' has {layout.frames} frames, got number {max(result.numbers)}; count from 0."
        )
