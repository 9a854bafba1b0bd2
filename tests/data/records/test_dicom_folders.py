# SPDX-License-Identifier: Apache-2.0
import importlib.util

import pytest

from monai_ext.data.records import read_records

pydicom = pytest.importorskip("pydicom")
from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.uid import ExplicitVRLittleEndian, generate_uid  # noqa: E402

XA = "1.2.840.10008.5.1.4.1.1.12.1"
DIRECTORY = "1.2.840.10008.1.3.10"


@pytest.fixture
def write_dicom(tmp_path):
    def write(name, *, sop_class=XA, rows=32, frames=None, patient="A1", **more):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = sop_class
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=[name])
        data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality, data.PatientID = "1.2.3", "1.2.3.4", "XA", patient
        data.PatientName = "Doe^Jane"
        if rows:
            data.Rows = data.Columns = rows
            data.BitsAllocated, data.PixelRepresentation = 8, 0
            data.PixelData = bytes(rows * rows * (frames or 1))
        if frames is not None:
            data.NumberOfFrames = frames
        for key, value in more.items():
            setattr(data, key, value)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        data.save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


def test_a_record_a_frame(write_dicom, tmp_path):
    write_dicom("a/cine.dcm", frames=3)
    write_dicom("b/1.2.840.99", patient="B2")
    write_dicom("b/IM0001", patient="")
    listing = read_records(tmp_path)
    assert listing.source == "dicom" and not listing.faults
    assert [(r.path.name, r.frame, r.patient) for r in listing.records] == [
        ("cine.dcm", 0, "A1"),
        ("cine.dcm", 1, "A1"),
        ("cine.dcm", 2, "A1"),
        ("1.2.840.99", 0, "B2"),
        ("IM0001", 0, "1.2.3"),
    ]
    cine, single = listing.records[0], listing.records[3]
    assert cine.video == generate_uid(entropy_srcs=["a/cine.dcm"]) and single.video == "1.2.3.4"


def test_objects_without_pixels_are_left_out(write_dicom, draw):
    write_dicom("1.dcm")
    write_dicom("DICOMDIR", sop_class=DIRECTORY, rows=0)
    write_dicom("2.dcm", rows=0, Modality="SR")
    listing = read_records(draw("icon.png"))
    assert len(listing.records) == 1
    assert listing.left_out == {
        "DICOM files without an image (SR)": 1,
        "DICOMDIR files": 1,
        "images that are no DICOM files": 1,
    }


def test_broken_files_are_faults_that_tell_nothing_of_the_patient(write_dicom, write, tmp_path, recwarn, caplog):
    write_dicom("1.dcm")
    write("empty.dcm")
    write("text.dcm", "no DICOM")
    cut = write_dicom("cut.dcm", patient="SECRET")
    cut.write_bytes(cut.read_bytes()[:300])
    write_dicom("many.dcm", rows=8, patient="SECRET", NumberOfFrames=2_000_000_000)
    odd = write_dicom("odd.dcm", frames=2, patient="SECRET")
    odd.write_bytes(odd.read_bytes().replace(b"IS\x02\x002 ", b"IS\x02\x00xy"))
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    listing = read_records(tmp_path)
    assert [record.path.name for record in listing.records] == ["1.dcm"]
    broken = {fault.path.name for fault in listing.faults}
    assert broken >= {"empty.dcm", "text.dcm", "many.dcm", "odd.dcm", "gone.dcm"}
    said = " ".join([str(listing.faults), str(listing.left_out), caplog.text, *(str(w.message) for w in recwarn)])
    assert "SECRET" not in said and "Doe" not in said and "xy" not in said


def test_without_pydicom_the_error_says_what_to_install(write_dicom, tmp_path, monkeypatch):
    write_dicom("1.dcm")
    find_spec = importlib.util.find_spec
    hidden = lambda name, *rest: None if name == "pydicom" else find_spec(name, *rest)  # noqa: E731
    monkeypatch.setattr("monai_ext.data.records.dicom_folders.find_spec", hidden)
    with pytest.raises(ImportError, match=r"pip install 'monai_ext\[dicom\]'"):
        read_records(tmp_path)


def test_a_real_cine(xa):
    records = read_records(xa / "dicom").records
    assert [record.frame for record in records] == list(range(96)) and len({record.video for record in records}) == 1
