# SPDX-License-Identifier: Apache-2.0
"""`vasomim predict` from a real PACS and back to it."""

import json
from pathlib import Path

import pytest
from made_prediction import SEG, write_seg_weights
from orthanc_server import OrthancServer

from monai_ext.cli import main
from monai_ext.dicom import fetch_series, send_files

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
for package in ("pynetdicom", "dicomweb_client", "highdicom"):
    pytest.importorskip(package, reason="pip install monai_ext[dicom]")
pytestmark = pytest.mark.slow


@pytest.fixture
def orthanc(tmp_path):
    server = OrthancServer(tmp_path / "orthanc")
    yield server
    server.stop()


@pytest.fixture
def asked(orthanc, cine, tmp_path, monkeypatch):
    """The command for the study of a cine that the PACS has."""
    monkeypatch.chdir(tmp_path)
    dataset = pydicom.dcmread(cine)
    dataset.PatientID = "secret17"
    dataset.save_as("cine.dcm")
    send_files(["cine.dcm"], orthanc.web, show=False)
    weights = write_seg_weights(tmp_path / "model.pt")
    return [
        "predict", "--pacs", orthanc.web, "--query", "PatientID=secret17", f"StudyInstanceUID={dataset.StudyInstanceUID}", "--bundle", str(SEG),
        "--weights", str(weights), "--out", "out", "--format", "json,seg,sr", "--device", "cpu",
    ]  # fmt: skip


@pytest.mark.parametrize("door", ["dicom", "web"])
def test_series_are_fetched_and_results_stored_beside_them(door, asked, orthanc, capsys):
    assert main([*asked, "--send", getattr(orthanc, door)]) == 0
    said = capsys.readouterr()
    assert f"2 DICOM files sent to '{getattr(orthanc, door)}'." in said.out and orthanc.instances() == 3
    study = asked[5].partition("=")[2]
    results = fetch_series(orthanc.web, {"StudyInstanceUID": study}, "back", modalities=("SEG", "SR"), show=False)
    assert {pydicom.dcmread(path).Modality for path in results} == {"SEG", "SR"}
    assert "secret17" not in said.out + said.err + Path("out/predictions.json").read_text()
    assert len(list(Path("out").rglob("*.html"))) == 1


def test_fetched_files_stay_where_that_is_asked(asked):
    assert main([*asked, "--keep", "kept"]) == 0
    (file,) = Path("kept").rglob("*.dcm")
    assert (
        json.loads(Path("out/predictions.json").read_text())["files"][0]["file"] == file.relative_to("kept").as_posix()
    )


def test_a_pacs_that_is_gone_before_the_results_are_sent_loses_nothing(asked, orthanc, capsys):
    asked = [*asked, "--keep", "kept"]
    assert main([*asked, "--send", "http://127.0.0.1:1/dicom-web"]) == 4
    error = capsys.readouterr().err.splitlines()[-1]
    assert "--send: the PACS at 'http://127.0.0.1:1/dicom-web' cannot be reached" in error
    assert "The results are whole in 'out'; the same command sends them again." in error
    assert len(list(Path("out").rglob("*.seg.dcm"))) == 1
    assert main([*asked, "--send", orthanc.web]) == 0 and orthanc.instances() == 3


def test_what_a_query_cannot_find_is_told_before_anything_is_written(asked, capsys):
    asked[4:6] = ["PatientID=nobody"]
    assert main(asked) == 2
    assert "--pacs: no series at 'http://" in capsys.readouterr().err and not Path("out").exists()


def test_a_pacs_that_does_not_answer_is_told(asked, orthanc, capsys):
    orthanc.stop()
    assert main(asked) == 4
    assert "--pacs: the PACS at 'http://" in capsys.readouterr().err and not Path("out").exists()
