# SPDX-License-Identifier: Apache-2.0
"""Every object that is written against dciodvfy, and what all of them have in common."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from dicom_results import ALGORITHM, made_result

from monai_ext import dicom

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")

WRITERS = ("write_segmentation", "write_structured_report", "write_presentation_state", "write_secondary_capture")
WITH_SPACING = {"spacing": (0.31234567890123456, 0.2), "spacing_origin": "calibrated"}


def write(name, result, tmp_path):
    getattr(dicom, name)(result, tmp_path / "result.dcm")
    return tmp_path / "result.dcm"


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", ["single", "cine"])
def test_dciodvfy_finds_no_error(writer, kind, tmp_path, request, errors_of):
    facts = WITH_SPACING if kind == "cine" else {}
    assert errors_of(write(writer, made_result(request.getfixturevalue(kind), **facts), tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_dciodvfy_finds_no_error_on_a_real_cine(writer, tmp_path, xa, errors_of):
    source = xa / "dicom" / "coronary_rca_96f.dcm"
    assert errors_of(source), "the file itself has errors, which results must not inherit"
    assert errors_of(write(writer, made_result(source), tmp_path)) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_patient_and_study_come_from_the_source_and_the_series_does_not(writer, cine, tmp_path):
    source, dataset = pydicom.dcmread(cine), pydicom.dcmread(write(writer, made_result(cine), tmp_path))
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "StudyDescription"):
        assert dataset[keyword].value == source[keyword].value
    assert dataset.SeriesInstanceUID != source.SeriesInstanceUID
    assert dataset.SoftwareVersions[0] == ALGORITHM.version and dataset.DeviceSerialNumber == ALGORITHM.weights


@pytest.mark.parametrize("writer", WRITERS)
def test_a_rerun_gives_the_same_object_but_for_the_moment(writer, cine, tmp_path):
    first, again = (pydicom.dcmread(write(writer, made_result(cine), tmp_path)) for _ in range(2))
    for dataset in (first, again):
        for keyword in ("ContentDate", "ContentTime", "PresentationCreationDate", "PresentationCreationTime"):
            if keyword in dataset:
                assert dataset[keyword].value
                delattr(dataset, keyword)
    assert first == again and first.SOPInstanceUID == again.SOPInstanceUID


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_what_differs_gets_another_uid(writer, cine, tmp_path, edited):
    result = made_result(cine)
    masks = result.masks.copy()
    masks[0, 60, 60] = 3 - max(1, masks[0, 60, 60])
    others = (
        result,
        replace(result, masks=masks, boxes=None, scores=None, lesions=()),
        replace(result, algorithm=replace(ALGORITHM, weights="cd" * 32)),
        replace(result, source=edited(cine, SOPInstanceUID="1.2.3.4")),
        replace(result, source=edited(cine, PatientName="Phantom^corrected")),
    )
    uids = [pydicom.dcmread(write(writer, other, tmp_path)).SOPInstanceUID for other in others]
    assert len(set(uids)) == len(others)


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(
    "sop_class", ["1.2.840.10008.5.1.4.1.1.12.1.1", "1.2.840.10008.5.1.4.1.1.12.2", "1.2.840.10008.5.1.4.1.1.7.3"]
)
def test_enhanced_fluoroscopic_and_captured_sources_are_referenced_as_such(
    writer, sop_class, cine, tmp_path, edited, errors_of
):
    path = write(writer, made_result(edited(cine, SOPClassUID=sop_class)), tmp_path)
    assert f"Referenced SOP Class UID            UI: {pydicom.uid.UID(sop_class).name}" in str(pydicom.dcmread(path))
    assert errors_of(path) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_sources_that_are_no_dicom_are_refused(writer, cine, tmp_path):
    picture = tmp_path / "7.png"
    picture.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ValueError, match=r"source of a DICOM result must be a DICOM file, got '.*7.png'; write png"):
        write(writer, replace(made_result(cine), source=picture), tmp_path)
    assert not (tmp_path / "result.dcm").exists()


@pytest.mark.parametrize("writer", WRITERS)
def test_nothing_half_written_is_left_where_nothing_can_be_written(writer, single, tmp_path):
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(OSError):
        getattr(dicom, writer)(made_result(single), tmp_path / "taken" / "result.dcm")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.skipif(not shutil.which("dsrdump"), reason="apt-get install dcmtk to run this test")
def test_dcmtk_reads_the_report(cine, tmp_path):
    path = write("write_structured_report", made_result(cine, **WITH_SPACING), tmp_path)
    run = subprocess.run(["dsrdump", str(path)], capture_output=True, text=True)
    assert run.returncode == 0 and "E:" not in run.stderr
    for words in (
        '"Imaging Measurement Report"',
        '"Detection score")="0.75"',
        '"Vessel lumen diameter"',
        "(XA image,,3)",
    ):
        assert words in run.stdout


@pytest.mark.skipif(not shutil.which("dcmpschk"), reason="apt-get install dcmtk to run this test")
@pytest.mark.parametrize("kind", ["single", "cine"])
def test_dcmtk_reads_the_presentation_state_without_complaint(kind, tmp_path, request):
    path = write("write_presentation_state", made_result(request.getfixturevalue(kind)), tmp_path)
    run = subprocess.run(["dcmpschk", str(path)], capture_output=True, text=True)
    assert run.returncode == 0 and "E:" not in run.stdout + run.stderr
