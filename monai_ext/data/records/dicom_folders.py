# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..xa.quiet_pydicom import quiet_pydicom
from .found_files import FoundFiles
from .is_dicom import is_dicom
from .listing import Listing
from .record import Record

__all__ = ["IMAGES", "read_dicom_folders"]

IMAGES = "images that are no DICOM files"
"""Why files are left out."""

_TAGS = (
    "Modality",
    "NumberOfFrames",
    "PatientID",
    "Rows",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "StudyInstanceUID",
)
_DIRECTORY = "1.2.840.10008.1.3.10"  # SOP class of a DICOMDIR
_OF_IMAGES = (None, "XA", "RF")  # modalities whose objects are images
_MOST_FRAMES = 100_000  # more is a broken header


def read_dicom_folders(folder: Path) -> Listing:
    """DICOM files of any layout; only their headers are read.

    The patient is the header's PatientID, or its study where that is empty; the video is the file if it has several frames, else its series.
    Objects without pixels (reports, DICOMDIR) are counted. Reasons of faults tell nothing of the header's content.

    Args:
        folder: searched with its sub-folders.

    Returns:
        One record a frame.

    Raises:
        ImportError: without pydicom.
        ValueError: if there is no frame.
    """
    if find_spec("pydicom") is None:
        raise ImportError("DICOM needs pydicom, which is not installed; pip install 'monai_ext[dicom]'.")
    files = FoundFiles(folder)
    files.left_out[IMAGES] += len(files.images)
    files.left_out = +files.left_out
    records = [record for path in files.take(is_dicom) for record in _records(files, path)]
    return files.listing("dicom", records)


def _records(files: FoundFiles, path: Path) -> list[Record]:
    """One record a frame of a file; none if it holds no image or is broken."""
    try:
        if path.stat().st_size == 0:
            files.blame(path, "the DICOM file is empty", image=True)
            return []
        header = _header(path)
        if not header["Rows"] and header["Modality"] in _OF_IMAGES and header["class"] != _DIRECTORY:
            files.blame(path, "the DICOM header ends before it tells the size of the image", image=True)
            return []
        if not header["Rows"]:
            files.left_out[_no_image(header)] += 1
            return []
        return _frames(path, header)
    except Exception as error:  # pydicom raises many kinds on broken headers; their texts may quote the patient's data
        files.blame(path, f"the DICOM header cannot be read ({type(error).__name__})", image=True)
        return []


def _header(path: Path) -> dict[str, Any]:
    """Values of `_TAGS`, None for those that are missing or empty, without the warnings of pydicom: they quote values."""
    import pydicom

    with quiet_pydicom(), pydicom.config.disable_value_validation():
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
        values = {name: header.get(name) or None for name in _TAGS}
        return values | {"class": header.file_meta.get("MediaStorageSOPClassUID")}


def _no_image(header: dict[str, Any]) -> str:
    if header["class"] == _DIRECTORY:
        return "DICOMDIR files"
    return f"DICOM files without an image ({header['Modality'] or 'no modality'})"


def _frames(path: Path, header: dict[str, Any]) -> list[Record]:
    count = int(header["NumberOfFrames"] or 1)
    if not 1 <= count <= _MOST_FRAMES:
        raise ValueError
    patient = header["PatientID"] or header["StudyInstanceUID"]
    video = header["SOPInstanceUID" if count > 1 else "SeriesInstanceUID"]
    patient, video = (None if key is None else str(key) for key in (patient, video))
    return [Record(path, "dicom", frame=frame, patient=patient, video=video) for frame in range(count)]
