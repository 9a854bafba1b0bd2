# SPDX-License-Identifier: Apache-2.0
"""DICOM files made for the tests: small, of every kind, of a patient whose name must appear nowhere."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

SECRETS = ("Geheim", "Frau", "geheim-4711", "19010203")
GDCM_NAMES = {
    "JPEGExtended12Bit": "JPEGExtendedProcess2_4",
    "JPEGLossless": "JPEGLosslessProcess14",
    "JPEGLosslessSV1": "JPEGLosslessProcess14_1",
    "JPEGLSLossless": "JPEGLSLossless",
}
SYNTAXES = (
    "ImplicitVRLittleEndian",
    "ExplicitVRLittleEndian",
    "ExplicitVRBigEndian",
    "DeflatedExplicitVRLittleEndian",
    "RLELossless",
    "JPEGBaseline8Bit",
    *GDCM_NAMES,
    "JPEG2000Lossless",
    "JPEG2000",
)
LOSSLESS = tuple(name for name in SYNTAXES if name not in ("JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEG2000"))


def write_dataset(path: Path, pixels: np.ndarray, syntax: str, attributes: dict[str, Any]) -> Path:
    dataset = _dataset(pixels)
    for keyword, value in attributes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    _save(dataset, pixels, syntax, path)
    return path


def items(*contents: dict[str, Any]) -> pydicom.Sequence:
    """A sequence; dictionaries inside are items too, outputs of lookup tables are words unless they are bytes."""
    sequence = pydicom.Sequence()
    for content in contents:
        item = pydicom.Dataset()
        for keyword, value in content.items():
            if keyword == "LUTData":
                item.add_new(keyword, "OW", value if isinstance(value, bytes) else np.array(value, "<u2").tobytes())
            elif keyword == "LUTDescriptor":
                item.add_new(keyword, "US", value)
            else:
                setattr(item, keyword, items(value) if isinstance(value, dict) else value)
        sequence.append(item)
    return sequence


def _dataset(pixels: np.ndarray) -> pydicom.Dataset:
    dataset = pydicom.Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.12.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality = "XA"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Geheim^Frau", "geheim-4711", "19010203"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = pixels.shape[:3]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 4 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 4 else "MONOCHROME2"
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    return dataset


def _save(dataset: pydicom.Dataset, pixels: np.ndarray, syntax: str, path: Path) -> None:
    uid = getattr(pydicom.uid, syntax)
    if "HighBit" not in dataset:
        dataset.HighBit = dataset.BitsStored - 1
    native = uid if not uid.is_encapsulated else pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = native
    order = "<" if native.is_little_endian else ">"
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes() + b"\0" * (pixels.nbytes % 2)
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 and not native.is_implicit_VR else "OW"
    if syntax in GDCM_NAMES:
        dataset.save_as(path, enforce_file_format=True)
        return _compress_by_gdcm(path, GDCM_NAMES[syntax])
    if syntax == "JPEGBaseline8Bit":
        dataset.PixelData = pydicom.encaps.encapsulate([_jpeg(frame) for frame in pixels])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = uid
    elif uid.is_encapsulated:
        dataset.compress(uid, generate_instance_uid=False, **({"j2k_cr": [4]} if syntax == "JPEG2000" else {}))
    dataset.save_as(path, enforce_file_format=True)


def _jpeg(frame: np.ndarray) -> bytes:
    from PIL import Image

    packed = io.BytesIO()
    Image.fromarray(frame).save(packed, "jpeg", quality=95)
    return packed.getvalue()


def _compress_by_gdcm(path: Path, name: str) -> None:
    import gdcm

    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
