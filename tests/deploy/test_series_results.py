# SPDX-License-Identifier: Apache-2.0
"""The MONAI Deploy example without the SDK."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

pydicom = pytest.importorskip("pydicom", reason="pip install 'monai_ext[dicom]'")
pytest.importorskip("highdicom", reason="pip install 'monai_ext[dicom]'")

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monai_deploy"
sys.path[:0] = [str(FOLDER), str(ROOT / "tests")]

from secret_cine import write_secret_cine  # noqa: E402
from series_results import selected_files, write_series_results  # noqa: E402
from small_prediction import BUNDLE, small_weights  # noqa: E402


@pytest.fixture
def options(tmp_path) -> tuple[str, str]:
    return "--weights", str(small_weights(tmp_path / "model.pt"))


def test_files_of_a_selection_are_each_named_once(tmp_path):
    """Stand-ins with the attributes that the SDK's `StudySelectedSeries`, `DICOMSeries` and `DICOMSOPInstance` document."""
    datasets = [pydicom.dcmread(write_secret_cine(tmp_path / f"{name}.dcm")) for name in "ab"]
    instances = [SimpleNamespace(get_native_sop_instance=lambda dataset=dataset: dataset) for dataset in datasets]
    series = SimpleNamespace(series=SimpleNamespace(get_sop_instances=lambda: instances))
    studies = [SimpleNamespace(selected_series=[series, series])]
    assert selected_files(studies) == [tmp_path / "a.dcm", tmp_path / "b.dcm"]


def test_a_cine_gets_a_segmentation_and_a_report_that_refer_to_it(options, tmp_path):
    cine = write_secret_cine(tmp_path / "in" / "cine.dcm", frames=3)
    written = write_series_results([cine], BUNDLE, tmp_path / "out", options=options)
    assert (
        [path.name for path in written]
        == ["0000.seg.dcm", "0000.sr.dcm"]
        == sorted(path.name for path in (tmp_path / "out").iterdir())
    )
    source = pydicom.dcmread(cine)
    for path, modality in zip(written, ("SEG", "SR"), strict=True):
        result = pydicom.dcmread(path)
        assert result.Modality == modality and result.StudyInstanceUID == source.StudyInstanceUID
        assert result.PatientID == source.PatientID and source.SOPInstanceUID in result.to_json()


def test_files_that_cannot_be_used_cost_only_themselves(options, tmp_path, capfd):
    files = [
        write_secret_cine(tmp_path / "ct.dcm", SOPClassUID=pydicom.uid.CTImageStorage),
        write_secret_cine(tmp_path / "xa.dcm"),
    ]
    written = write_series_results(files, BUNDLE, tmp_path / "out", formats=["seg"], options=options)
    assert [path.name for path in written] == ["0001.seg.dcm"] and "0000.dcm" in capfd.readouterr().err


def test_nothing_to_do_is_an_error(options, tmp_path, capfd):
    with pytest.raises(ValueError, match=r"the study must have X-ray angiograms \(XA\), it has none"):
        write_series_results([], BUNDLE, tmp_path / "out")
    (tmp_path / "no.dcm").write_bytes(b"no DICOM")
    with pytest.raises(RuntimeError, match="must end well, got the exit code 2"):
        write_series_results([tmp_path / "no.dcm"], BUNDLE, tmp_path / "out", options=options)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("holoscan") is not None, reason="the SDK may be there; this test is of its absence")
def test_without_the_sdk_one_line_says_what_is_needed():
    done = subprocess.run([sys.executable, FOLDER / "app.py", "-i", "x"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("app.py needs the MONAI Deploy App SDK 4.0")
    assert len(done.stderr.splitlines()) == 1
