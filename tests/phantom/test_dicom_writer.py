# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from monai_ext.phantom import DicomWriter, PhantomSettings, draw_angiogram

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def write(folder, index=3, **settings):
    settings = PhantomSettings(**({"size": 64} | settings))
    angiogram = draw_angiogram(2, index, settings)
    DicomWriter(settings, 2).write(folder, index, angiogram)
    return folder / f"{index:05}.dcm", angiogram


@pytest.mark.parametrize(("size", "bits"), [(64, 8), (65, 8), (65, 12), (64, 16)])
def test_images_come_back_pixel_for_pixel(size, bits, tmp_path):
    file, angiogram = write(tmp_path, size=size, bits=bits)
    dataset = pydicom.dcmread(file)
    assert np.array_equal(dataset.pixel_array, angiogram.image)
    assert dataset.BitsStored == bits and dataset.BitsAllocated == (8 if bits == 8 else 16)
    assert dataset.HighBit == bits - 1 and dataset.PixelRepresentation == 0
    assert (dataset.WindowCenter, dataset.WindowWidth) == (2 ** (bits - 1), 2**bits)


def test_tags_tell_how_it_was_taken(tmp_path):
    file, angiogram = write(tmp_path)
    dataset = pydicom.dcmread(file)
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.12.1" and dataset.Modality == "XA"
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert dataset.PositionerPrimaryAngle == pytest.approx(angiogram.primary_angle, abs=1e-6)
    assert dataset.PositionerSecondaryAngle == pytest.approx(angiogram.secondary_angle, abs=1e-6)
    assert dataset.DistanceSourceToDetector == pytest.approx(angiogram.source_detector, abs=1e-6)
    assert dataset.DistanceSourceToPatient == pytest.approx(angiogram.source_patient, abs=1e-6)
    magnification = dataset.DistanceSourceToDetector / dataset.DistanceSourceToPatient
    assert dataset.EstimatedRadiographicMagnificationFactor == pytest.approx(magnification, abs=1e-5)
    assert list(dataset.ImagerPixelSpacing) == pytest.approx([angiogram.pixel_spacing] * 2, abs=1e-6)
    assert dataset.PatientName == "Phantom^2-3" and list(dataset.ImageType) == ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    assert dataset.PhotometricInterpretation == "MONOCHROME2" and dataset.PixelIntensityRelationship == "DISP"


def test_labels_lie_beside(tmp_path):
    write(tmp_path)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert files == [
        "00003.dcm", "catheter/00003.png", "labels/00003.json", "segments/00003.png", "tree/00003.png", "vessels/00003.png",
    ]  # fmt: skip


def test_uids_differ_with_what_the_pixels_depend_on_and_nothing_else(tmp_path):
    def uids(name, **changes):
        dataset = pydicom.dcmread(write(tmp_path / name, **changes)[0])
        return dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID

    first, again, other, deeper = uids("a"), uids("b"), uids("c", index=4), uids("d", bits=12)
    assert first == again and len({*first, *other, *deeper}) == 9


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="apt-get install dicom3tools to run this test")
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_dciodvfy_finds_no_error(bits, tmp_path):
    file, _ = write(tmp_path, bits=bits)
    run = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True)
    assert run.returncode == 0 and "Error" not in run.stderr and "XAImage" in run.stdout + run.stderr


def test_depths_that_dicom_has_not_are_refused():
    with pytest.raises(ValueError, match="bits must be 8, 10, 12 or 16 in DICOM, got 11"):
        DicomWriter(replace(PhantomSettings(), bits=11), 0)


def test_without_pydicom_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImportError, match=r"DICOM needs pydicom.*pip install 'monai_ext\[dicom\]'"):
        DicomWriter(PhantomSettings(), 0)
