# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

from monai_ext import dicom
from monai_ext.dicom.need_packages import need_packages


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pydicom", "pydicom"),
        ("highdicom", "highdicom"),
        ("pynetdicom", "pynetdicom"),
        ("dicomweb_client", "dicomweb-client"),
    ],
)
def test_the_extra_is_named(module, name, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ImportError, match=rf"DICOM needs {name}, which is not installed; pip install 'monai_ext\[dicom\]'"
    ):
        need_packages(module)


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("pydicom", lambda: dicom.write_segmentation(None, "a")),
        ("pydicom", lambda: dicom.read_segmentation("a")),
        ("pydicom", lambda: dicom.write_presentation_state(None, "a")),
        ("pydicom", lambda: dicom.write_secondary_capture(None, "a")),
        ("highdicom", lambda: dicom.write_structured_report(None, "a")),
        ("dicomweb_client", lambda: dicom.fetch_series("http://127.0.0.1:9", {"PatientID": "1"}, "a")),
        ("dicomweb_client", lambda: dicom.send_files(["a"], "http://127.0.0.1:9")),
        ("pynetdicom", lambda: dicom.send_files(["a"], "dicom://A@127.0.0.1:9")),
    ],
)
def test_everything_says_what_it_needs(module, call, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install 'monai_ext\[dicom\]'"):
        call()


@pytest.mark.slow
def test_the_package_is_imported_without_any_of_them():
    """Importing one whose entry is None fails."""
    missing = "'pydicom', 'highdicom', 'pynetdicom', 'dicomweb_client'"
    code = f"import sys; sys.modules.update(dict.fromkeys([{missing}])); import monai_ext.dicom"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
