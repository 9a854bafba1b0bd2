# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from made_result import boxes_result, masks_result

from monai_ext.data import read_nifti
from monai_ext.results import write_nifti

nibabel = pytest.importorskip("nibabel", reason="pip install 'monai_ext[nifti]'")


def test_masks_come_back_with_columns_first(tmp_path):
    result = masks_result(spacing=(0.3, 0.2))
    write_nifti(result, tmp_path / "a.nii.gz")
    image = nibabel.load(tmp_path / "a.nii.gz")
    assert image.get_data_dtype() == np.uint8 and image.shape == (64, 48, 2)
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), result.masks)
    assert np.allclose(image.affine, np.diag([-0.2, -0.3, 1, 1])) and image.header.get_xyzt_units()[0] == "mm"
    assert read_nifti(tmp_path / "a.nii.gz").spacing == pytest.approx((0.3, 0.2))


def test_one_frame_has_two_axes_and_no_unit_without_spacing(tmp_path):
    result = masks_result()
    write_nifti(masks_result(frames=result.frames[:1], masks=result.masks[:1], numbers=range(1)), tmp_path / "a.nii.gz")
    image = nibabel.load(tmp_path / "a.nii.gz")
    assert image.shape == (64, 48) and image.header.get_xyzt_units()[0] == "unknown"


def test_masks_lie_on_the_nifti_file_that_they_come_from(tmp_path):
    affine = np.array([[0, -0.2, 0.1, 5], [0.3, 0, 0, -7], [0, 0, 1.5, 2], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(np.zeros((64, 48, 9), np.int16), affine), tmp_path / "in.nii.gz")
    result = masks_result(source=tmp_path / "in.nii.gz")
    write_nifti(result, tmp_path / "a.nii.gz")
    found = nibabel.load(tmp_path / "a.nii.gz").affine
    for corner in ([0, 0, 0], [63, 47, 1]):
        there = np.add(corner, [0, 0, result.numbers[0]])
        assert np.allclose(found @ [*corner, 1], affine @ [*there, 1], atol=1e-5)


def test_the_same_masks_give_the_same_bytes(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_nifti(masks_result(), tmp_path / name)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_boxes_are_no_masks(tmp_path):
    with pytest.raises(ValueError, match="'left/7' has none"):
        write_nifti(boxes_result(), tmp_path / "a.nii.gz")
