# SPDX-License-Identifier: Apache-2.0
"""Sources and results to a real PACS and back, by both of its doors."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import made_result
from orthanc_server import OrthancServer

from monai_ext import dicom
from monai_ext.dicom import fetch_series, read_segmentation, send_files

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
for package in ("pynetdicom", "dicomweb_client", "highdicom"):
    pytest.importorskip(package, reason="pip install monai_ext[dicom]")
pytestmark = pytest.mark.slow
WRITERS = {
    "seg": dicom.write_segmentation,
    "sr": dicom.write_structured_report,
    "gsps": dicom.write_presentation_state,
    "sc": dicom.write_secondary_capture,
}
MODALITIES = ("XA", "SEG", "SR", "PR", "OT")


@pytest.fixture
def orthanc(tmp_path):
    server = OrthancServer(tmp_path / "orthanc")
    yield server
    server.stop()


def write_all(result, folder):
    files = []
    for kind, write in WRITERS.items():
        write(result, folder / f"{result.name}.{kind}.dcm")
        files.append(folder / f"{result.name}.{kind}.dcm")
    return files


def study(path):
    return {"StudyInstanceUID": str(pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID)}


@pytest.mark.parametrize("door", ["dicom", "web"])
@pytest.mark.parametrize("kind", ["single", "cine"])
def test_source_and_results_come_back_as_they_were_written(door, kind, orthanc, tmp_path, request):
    source = request.getfixturevalue(kind)
    result = made_result(source, spacing=(0.3, 0.25))
    files = [source, *write_all(result, tmp_path)]
    send_files(files, getattr(orthanc, door), show=False)
    assert orthanc.instances() == 5

    fetched = fetch_series(orthanc.web, study(source), tmp_path / "back", modalities=MODALITIES, show=False)
    sent = {pydicom.dcmread(file).SOPInstanceUID: pydicom.dcmread(file) for file in files}
    assert len(fetched) == 5
    for path in fetched:
        back = pydicom.dcmread(path)
        assert back == sent[back.SOPInstanceUID] and path.stem == back.SOPInstanceUID
        if "PixelData" in back:
            assert back.PixelData == sent[back.SOPInstanceUID].PixelData
    segmentation = next(path for path in fetched if pydicom.dcmread(path).Modality == "SEG")
    assert np.array_equal(read_segmentation(segmentation).masks, result.masks)
    assert read_segmentation(segmentation).numbers == tuple(result.numbers)


def test_a_rerun_is_no_second_result(orthanc, cine, tmp_path):
    result = made_result(cine)
    for address in (orthanc.dicom, orthanc.web):
        send_files(write_all(result, tmp_path), address, show=False)
        assert orthanc.instances() == 4
    masks = result.masks.copy()
    masks[0, 0, 0] ^= 1
    send_files(write_all(replace(result, masks=masks), tmp_path)[:1], orthanc.dicom, show=False)
    assert orthanc.instances() == 5


def test_angiograms_are_fetched_by_default_and_results_are_not(orthanc, cine, tmp_path):
    send_files([cine, *write_all(made_result(cine), tmp_path)], orthanc.dicom, show=False)
    fetched = fetch_series(orthanc.web, {"PatientID": "phantom-0-1"}, tmp_path / "back", show=False)
    assert [pydicom.dcmread(path).SOPInstanceUID for path in fetched] == [pydicom.dcmread(cine).SOPInstanceUID]
    only = fetch_series(orthanc.web, study(cine) | {"Modality": "SR"}, tmp_path / "report", show=False)
    assert [pydicom.dcmread(path).Modality for path in only] == ["SR"]


def test_a_real_cine_and_its_results_come_back(orthanc, tmp_path, xa):
    source = xa / "dicom" / "coronary_rca_96f.dcm"
    result = made_result(source)
    files = [source, *write_all(result, tmp_path)]
    send_files(files[:3], orthanc.dicom, show=False)
    send_files(files[3:], orthanc.web, show=False)  # 75 MB of secondary capture among them
    fetched = fetch_series(orthanc.web, study(source), tmp_path / "back", modalities=MODALITIES, show=False)
    back = {pydicom.dcmread(path).Modality: path for path in fetched}
    assert np.array_equal(read_segmentation(back["SEG"]).masks, result.masks)
    assert pydicom.dcmread(back["XA"]).PixelData == pydicom.dcmread(source).PixelData  # as compressed as before
    assert pydicom.dcmread(back["OT"]).PixelData == pydicom.dcmread(files[4]).PixelData


def test_a_query_that_matches_nothing_says_so(orthanc, tmp_path):
    with pytest.raises(ValueError, match=r"no series at 'http.*' matches PatientID; check the values") as error:
        fetch_series(orthanc.web, {"PatientID": "secret-4711"}, tmp_path, show=False)
    assert "4711" not in str(error.value)


def test_the_wrong_name_of_the_server_is_refused(orthanc, cine):
    address = orthanc.dicom.replace("ORTHANC", "OTHER")
    with pytest.raises(ConnectionError, match="refuses the association; check that it calls itself OTHER"):
        send_files([cine], address, show=False)


def test_a_wrong_path_is_told(orthanc, cine, tmp_path):
    wrong = orthanc.web.replace("dicom-web", "elsewhere")
    with pytest.raises(ConnectionError, match="HTTP status 404; check the path"):
        fetch_series(wrong, {"PatientID": "1"}, tmp_path, show=False)
    with pytest.raises(ConnectionError, match="HTTP status 404; check the path"):
        send_files([cine], wrong, show=False)


def test_credentials_from_the_environment_open_the_door(tmp_path, cine, monkeypatch, caplog):
    server = OrthancServer(tmp_path / "locked", AuthenticationEnabled=True, RegisteredUsers={"reader": "geheim"})
    caplog.set_level("DEBUG")
    try:
        with pytest.raises(ConnectionError, match="HTTP status 401; set VASOMIM_PACS_USER"):
            send_files([cine], server.web, show=False)
        monkeypatch.setenv("VASOMIM_PACS_USER", "reader")
        monkeypatch.setenv("VASOMIM_PACS_PASSWORD", "geheim")
        send_files([cine], server.web, show=False)
        assert len(fetch_series(server.web, study(cine), tmp_path / "back", show=False)) == 1
    finally:
        server.stop()
    assert "geheim" not in caplog.text and "Authorization" not in caplog.text and "phantom" not in caplog.text


def test_a_server_that_dies_midway_is_one_clear_error(orthanc, cine, tmp_path, edited):
    """It is killed when the first file is there; what was fetched is whole, and nothing else lies about."""
    copies = [edited(cine, SOPInstanceUID=f"1.2.3.{number}") for number in range(1, 61)]
    send_files(copies, orthanc.dicom, show=False)
    folder = tmp_path / "back"

    def kill_after_first():
        while not list(folder.rglob("*.dcm")):
            time.sleep(0.002)
        orthanc.stop()

    killer = threading.Thread(target=kill_after_first, daemon=True)
    killer.start()
    with pytest.raises(ConnectionError, match="cannot be reached, or broke off"):
        fetch_series(orthanc.web, study(cine), folder, show=False)
    killer.join()
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert 1 <= len(kept) < 60
    assert all(pydicom.dcmread(path).pixel_array.shape == (3, 65, 65) for path in kept)
    with pytest.raises(ConnectionError, match="cannot be reached"):
        send_files(copies, orthanc.dicom, show=False)
