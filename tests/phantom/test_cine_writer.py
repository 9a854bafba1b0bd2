# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess

import numpy as np
import pytest

from monai_ext.phantom import CineWriter, PhantomSettings, draw_cine

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
SETTINGS = PhantomSettings(size=65, bits=8, frames=3, frame_time=80.0)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cine")
    CineWriter(SETTINGS, 0).write(folder, 12, draw_cine(0, 12, SETTINGS))
    return folder / "00012.dcm"


def test_frames_come_back_pixel_for_pixel(file):
    dataset = pydicom.dcmread(file)
    assert np.array_equal(dataset.pixel_array, [frame.image for frame in draw_cine(0, 12, SETTINGS)])


def test_tags_tell_how_fast_to_show_it(file):
    dataset = pydicom.dcmread(file)
    assert dataset.NumberOfFrames == 3 and dataset.FrameTime == 80
    assert dataset[dataset.FrameIncrementPointer].keyword == "FrameTime"
    assert dataset.RecommendedDisplayFrameRate == dataset.CineRate == 12


def test_labels_of_each_frame_lie_beside(file):
    for kind in ("catheter", "labels", "segments", "tree", "vessels"):
        assert [path.stem for path in sorted((file.parent / kind / "00012").iterdir())] == ["001", "002", "003"]


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="apt-get install dicom3tools to run this test")
def test_dciodvfy_finds_no_error(file):
    run = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True)
    assert run.returncode == 0 and "Error" not in run.stderr


def test_depths_that_dicom_has_not_are_refused():
    with pytest.raises(ValueError, match="bits must be 8, 10, 12 or 16 in DICOM, got 9"):
        CineWriter(PhantomSettings(bits=9), 0)
