# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from .attributes import Attributes
from .bounded_file import BoundedFile
from .inflate_dicom import inflate_dicom
from .pixel_layout import PixelLayout
from .quiet_pydicom import quiet_pydicom
from .xa_fault import XAFault
from .xa_file import XAFile

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

__all__ = ["open_xa"]

_SOP_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.12.1",  # X-Ray Angiographic
    "1.2.840.10008.5.1.4.1.1.12.1.1",  # Enhanced XA
    "1.2.840.10008.5.1.4.1.1.12.2",  # X-Ray Radiofluoroscopic
    "1.2.840.10008.5.1.4.1.1.12.2.1",  # Enhanced XRF
    "1.2.840.10008.5.1.4.1.1.12.3",  # X-Ray Angiographic Bi-Plane, retired
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.2",  # Multi-frame Grayscale Byte Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.3",  # Multi-frame Grayscale Word Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.4",  # Multi-frame True Color Secondary Capture
    "",  # not said, as in some research sets
}
_KEYWORDS = [
    "SOPClassUID", "PatientID", "NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", "FrameIncrementPointer", "FrameTime", "FrameTimeVector", "CineRate", "PositionerPrimaryAngle",
    "PositionerSecondaryAngle", "DistanceSourceToDetector", "DistanceSourceToPatient", "ImagerPixelSpacing", "PixelSpacing",
    "PixelSpacingCalibrationType", "EstimatedRadiographicMagnificationFactor", "BurnedInAnnotation",
    "PixelIntensityRelationship", "PixelIntensityRelationshipSign", "PresentationLUTShape", "RescaleSlope", "RescaleIntercept",
    "ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
]  # fmt: skip
"""All that is read unless more is asked for: what names the patient, but for the id, is not even parsed."""
_UNDEFINED = 0xFFFFFFFF


@contextmanager
def open_xa(path: str | os.PathLike[str], more: Sequence[str] = ()) -> Iterator[XAFile]:
    """Opens a DICOM file of X-ray images and reads it up to its pixels.

    Args:
        path: of the file.
        more: keywords to read as well.

    Raises:
        ImportError: without pydicom.
        XAFault: if it is no such file, or its header is broken. Parsers raise other errors too; see `guard_xa`.
    """
    try:
        import pydicom  # noqa: F401
    except ImportError as error:
        raise ImportError("DICOM needs pydicom, which is not installed; pip install 'monai_ext[dicom]'.") from error
    with quiet_pydicom(), BoundedFile(path) as content:
        yield _parse(content, more)


def _parse(content: BinaryIO, more: Sequence[str]) -> XAFile:
    from pydicom import dcmread
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    meta = _read_meta(content)
    syntax = meta.TransferSyntaxUID
    if syntax == DeflatedExplicitVRLittleEndian:
        content = inflate_dicom(content, meta)
    content.seek(0)
    dataset = dcmread(content, stop_before_pixels=True, specific_tags=[*_KEYWORDS, *more])
    attributes = Attributes(dataset)
    if attributes.text("SOPClassUID") not in _SOP_CLASSES:
        raise XAFault(
            "it must be X-ray angiography, radiofluoroscopy or secondary capture, got another class; leave it out."
        )
    layout = PixelLayout.read(attributes)
    vr, start, length = _find_pixels(content, dataset, meta.TransferSyntaxUID)
    return XAFile(dataset, attributes, layout, syntax, meta.TransferSyntaxUID, content, start, length, vr)


def _read_meta(content: BinaryIO) -> FileMetaDataset:
    """File meta information; leaves the file at the end of it (PS3.10, 7.1)."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.errors import InvalidDicomError
    from pydicom.filereader import read_dataset, read_preamble
    from pydicom.uid import AllTransferSyntaxes

    try:
        read_preamble(content, force=False)
    except InvalidDicomError:
        raise XAFault("it is no DICOM file; leave it out.") from None
    meta = FileMetaDataset(read_dataset(content, False, True, stop_when=lambda tag, *_: tag >> 16 != 2))
    if Attributes(meta).text("TransferSyntaxUID") not in AllTransferSyntaxes:
        raise XAFault(
            "its transfer syntax must be one of the standard's, got none or another; convert it or leave it out."
        )
    return meta


def _find_pixels(content: BinaryIO, dataset: Dataset, syntax: UID) -> tuple[str, int, int]:
    """Value representation, position and length of the pixels, where the file stands at their tag."""
    implicit, little = dataset.original_encoding
    order = "<" if little else ">"
    head = content.read(8)
    if len(head) < 8 or struct.unpack(f"{order}HH", head[:4]) != (0x7FE0, 0x0010):
        raise XAFault("it has no pixel data; copy it again or leave it out.")
    implicit = implicit or not head[4:6].isalpha()  # some files forget the VR, as pydicom knows
    vr = "OW" if implicit else head[4:6].decode("latin1")
    if vr not in ("OB", "OW"):
        raise XAFault("its pixel data must be bytes or words (OB, OW), got others; copy it again or leave it out.")
    length = struct.unpack(f"{order}L", head[4:] if implicit else content.read(4))[0]
    if length == _UNDEFINED and not syntax.is_encapsulated:
        raise XAFault(
            "its pixel data are compressed, its transfer syntax says they are not; repair it or leave it out."
        )
    start = content.tell()
    left = content.seek(0, io.SEEK_END) - start
    return vr, start, min(length, left)
