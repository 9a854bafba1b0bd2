# SPDX-License-Identifier: Apache-2.0
import gzip

import numpy as np
import pytest

from monai_ext.data import read_nifti

nibabel = pytest.importorskip("nibabel", reason="pip install 'monai_ext[nifti]'")


def write(path, values, unit="unknown", zooms=None, **header):
    image = nibabel.Nifti1Image(values, np.eye(4))
    image.header.set_xyzt_units(unit)
    if zooms:
        image.header.set_zooms(zooms)
    for key, value in header.items():
        image.header[key] = value
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_bytes_are_shares_of_white_with_columns_first(ending, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    cine = read_nifti(write(tmp_path / f"a{ending}", values))
    assert cine.frames.shape == (3, 5, 7) and cine.frames.dtype == np.float32
    assert np.allclose(cine.frames[2][4, 6] * 255, values[6, 4, 2]) and cine.spacing is None


def test_one_frame_has_two_axes(tmp_path):
    assert read_nifti(write(tmp_path / "a.nii", np.zeros((7, 5), np.uint8))).frames.shape == (1, 5, 7)
    assert read_nifti(write(tmp_path / "a.nii", np.zeros((7, 5, 2, 1), np.uint8))).frames.shape == (2, 5, 7)


def test_other_values_are_scaled_by_their_robust_range(tmp_path):
    values = np.linspace(1000, 3000, 64 * 64).reshape(64, 64, 1).astype(np.int16)
    values[0, 0] = 30000  # a dead pixel
    frames = read_nifti(write(tmp_path / "a.nii", values)).frames
    assert frames.min() == 0 and frames.max() == 1 and abs(np.median(frames) - 0.5) < 0.01
    assert not read_nifti(write(tmp_path / "flat.nii", np.full((8, 8), 7, np.int16))).frames.any()


def test_a_range_that_the_header_states_is_taken(tmp_path):
    values = np.array([[0, 100], [50, 200]], np.uint8)
    frames = read_nifti(write(tmp_path / "a.nii", values, cal_min=0, cal_max=100)).frames
    assert frames[0].tolist() == [[0, 0.5], [1, 1]]


def test_the_slope_of_the_header_is_applied(tmp_path):
    image = nibabel.Nifti1Image(np.array([[0, 10]], np.int16), np.eye(4))
    image.header.set_slope_inter(2, 5)
    image.header["cal_min"], image.header["cal_max"] = 5, 25
    nibabel.save(image, tmp_path / "a.nii")
    assert read_nifti(tmp_path / "a.nii").frames[0].T.tolist() == [[0, 1]]


def test_the_spacing_is_known_where_a_unit_is(tmp_path):
    values = np.zeros((7, 5, 3), np.uint8)
    assert read_nifti(write(tmp_path / "a.nii", values, "mm", (0.25, 0.5, 1))).spacing == (0.5, 0.25)
    assert read_nifti(write(tmp_path / "a.nii", values, "micron", (250, 500, 1))).spacing == (0.5, 0.25)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.zeros((4, 4, 2, 2), np.uint8),
            r"must be \(columns, rows\) or \(columns, rows, frames\), got \(4, 4, 2, 2\)",
        ),
        (np.zeros(4, np.uint8), r"must be \(columns, rows\)"),
        (np.full((4, 4), np.nan, np.float32), "grey values must be finite"),
        (np.zeros((4, 4), np.complex64), "must hold grey values, got the type complex64"),
    ],
)
def test_what_is_no_grey_frame_is_refused(values, message, tmp_path):
    with pytest.raises(ValueError, match=f"'.*a.nii' cannot be read as NIfTI: .*{message}"):
        read_nifti(write(tmp_path / "a.nii", values))


def test_broken_files_are_refused(tmp_path):
    good = write(
        tmp_path / "a.nii.gz", np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    ).read_bytes()
    (tmp_path / "cut.nii.gz").write_bytes(good[:1000])
    (tmp_path / "no.nii").write_bytes(b"nothing of that kind")
    for name in ("cut.nii.gz", "no.nii"):
        with pytest.raises(ValueError, match=f"{name}' cannot be read as NIfTI: it is broken"):
            read_nifti(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_nifti(tmp_path / "gone.nii")


def test_a_giant_is_refused_before_its_pixels_are_read(tmp_path):
    header = nibabel.Nifti1Header()
    header.set_data_shape((30000, 30000, 30000))
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header.binaryblock + bytes(100)))
    with pytest.raises(ValueError, match="must hold 1 to 1073741824 pixels"):
        read_nifti(tmp_path / "a.nii.gz")
