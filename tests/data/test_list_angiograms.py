# SPDX-License-Identifier: Apache-2.0
import logging
from pathlib import Path

import pytest

from monai_ext.data.list_angiograms import list_angiograms


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(bytes(128) + b"DICM" if "DICM" in name or not Path(name).suffix else b"")


def names_of(found: dict[Path, str], root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): name for path, name in found.items()}


def test_images_and_dicom_files_are_named_by_their_place(tmp_path):
    touch(tmp_path, "a/1.png", "b/1.PNG", "b/c/2.jpeg", "3.dcm", "notes.txt", ".hidden.png", "IM01", "1.2.840.10008")
    (tmp_path / "1.2.840.10008").write_bytes(bytes(128) + b"DICM")
    assert names_of(list_angiograms(tmp_path), tmp_path) == {
        "1.2.840.10008": "1.2.840.10008", "3.dcm": "3", "IM01": "IM01", "a/1.png": "a/1", "b/1.PNG": "b/1", "b/c/2.jpeg": "b/c/2",
    }  # fmt: skip


def test_files_that_differ_by_their_suffix_only_keep_it(tmp_path):
    touch(tmp_path, "a/1.png", "a/1.jpg", "b/1.png")
    assert names_of(list_angiograms(tmp_path), tmp_path) == {
        "a/1.jpg": "a/1.jpg",
        "a/1.png": "a/1.png",
        "b/1.png": "b/1",
    }


def test_files_come_in_natural_order(tmp_path):
    touch(tmp_path, "10.png", "2.png", "a/1.png")
    assert list(list_angiograms(tmp_path).values()) == ["2", "10", "a/1"]


def test_one_file_is_enough(tmp_path):
    touch(tmp_path, "a/1.png", "a/2.png")
    assert list_angiograms(tmp_path / "a" / "1.png") == {tmp_path / "a" / "1.png": "1"}


def test_excluded_folders_masks_and_results_are_left_out(tmp_path, caplog):
    touch(tmp_path, "images/1.png", "Test/2.png", "masks/1.png", "out/1.png", "out/deep/1.png", "outer/3.png")
    with caplog.at_level(logging.INFO):
        found = list_angiograms(tmp_path, exclude="test", output_dir=tmp_path / "out")
    assert set(found.values()) == {"images/1", "outer/3"}
    assert "1 images are left out: they lie in folders named like masks." in caplog.text


def test_a_folder_of_masks_that_is_named_itself_is_taken(tmp_path):
    touch(tmp_path, "masks/1.png")
    assert list(list_angiograms(tmp_path / "masks").values()) == ["1"]


def test_results_among_the_images_are_refused(tmp_path):
    touch(tmp_path, "a/1.png")
    for dataset_dir in (
        tmp_path,
        tmp_path / "a",
        tmp_path / "a" / "1.png",
    ):  # above them, images beside could be overwritten
        with pytest.raises(ValueError, match=r"output_dir must not be the folder of the images or hold it, got '.*'"):
            list_angiograms(dataset_dir, output_dir=tmp_path / "." / "")


def test_nothing_is_one_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"'.*none' must be a folder of images or a file, there is none"):
        list_angiograms(tmp_path / "none")
    touch(tmp_path, "notes.txt")
    with pytest.raises(ValueError, match=r"no image \(png, .*\) and no DICOM file in '"):
        list_angiograms(tmp_path)


def test_further_files_are_found_by_their_endings(tmp_path):
    touch(tmp_path, "1.png", "2.nii", "2.nii.gz", "3.NII.GZ", "4.gz", "5.dcm")
    found = list_angiograms(tmp_path, also=(".nii", ".nii.gz"))
    assert names_of(found, tmp_path) == {
        "1.png": "1", "2.nii": "2.nii", "2.nii.gz": "2.nii.gz", "3.NII.GZ": "3", "5.dcm": "5",
    }  # fmt: skip
    assert names_of(list_angiograms(tmp_path), tmp_path) == {"1.png": "1", "5.dcm": "5"}
