# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.cli.frame_choice import FrameChoice
from monai_ext.cli.predict_input import open_input
from monai_ext.data import read_xa
from monai_ext.data.strongest_frame import strongest_frame

pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
from monai_ext.phantom import CineWriter, PhantomSettings, draw_cine

TINY = PhantomSettings.read({"size": 64, "frames": 5, "frame_time": 80.0})


@pytest.fixture(scope="module")
def cine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cine")
    CineWriter(TINY, 0).write(folder, 0, draw_cine(0, 0, TINY))
    return folder / "00000.dcm"


def frames_of(source):
    return np.concatenate(list(source.batches(2)))


def test_a_cine_is_read_with_its_scale_and_time(cine):
    source = open_input(cine, FrameChoice.parse("1-3"))
    assert list(source.numbers) == [1, 2, 3] and source.frame_time == 80
    assert (
        source.spacing[0] == source.spacing[1] and 0.1 < source.spacing[0] < 5 and "detector" in source.spacing_origin
    )
    assert np.array_equal(frames_of(source), read_xa(cine, frames=[1, 2, 3]).frames)


def test_batches_are_never_larger_than_asked(cine):
    sizes = [len(batch) for batch in open_input(cine, FrameChoice.parse("all")).batches(2)]
    assert sizes == [2, 2, 1]


def test_the_strongest_frame_is_found_in_dicom_and_nifti(cine, tmp_path):
    nibabel = pytest.importorskip("nibabel", reason="pip install 'monai_ext[nifti]'")
    greys = np.rint(read_xa(cine).frames * 255).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(greys.transpose(2, 1, 0), np.eye(4)), tmp_path / "a.nii")
    sources = [open_input(path, FrameChoice.parse("strongest")) for path in (cine, tmp_path / "a.nii")]
    assert [list(source.numbers) for source in sources] == [[strongest_frame(cine)]] * 2
    assert np.allclose(*map(frames_of, sources), atol=1 / 255)


def test_an_image_is_one_frame_of_unknown_scale(tmp_path):
    Image.fromarray(np.full((3, 4), 51, np.uint8)).save(tmp_path / "a.png")
    source = open_input(tmp_path / "a.png", FrameChoice.parse("7"))
    assert frames_of(source).tolist() == [[[np.float32(0.2)] * 4] * 3]
    assert source.spacing is None and source.spacing_origin == "" and source.frame_time is None


def test_a_frame_that_is_not_there_is_told_with_the_file(cine):
    with pytest.raises(ValueError, match=r"00000.dcm' cannot be used: it has the frames 0 to 4, --frames asks for 9"):
        open_input(cine, FrameChoice.parse("9"))
