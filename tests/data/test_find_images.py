# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from monai_ext.data import find_images


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def names(listing, folder: Path) -> list[str]:
    return [str(file.relative_to(folder)) for file in listing.files]


def test_nested_images_of_every_format_in_order(tmp_path):
    touch(tmp_path, "b/2.JPG", "a/x/1.png", "3.bmp", "4.TIFF", "5.tif", "6.jpeg")
    assert names(find_images(tmp_path), tmp_path) == ["3.bmp", "4.TIFF", "5.tif", "6.jpeg", "a/x/1.png", "b/2.JPG"]


def test_stray_files_are_left_out_and_counted(tmp_path):
    touch(tmp_path, "1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "a/labels.json", "a/._2.png")
    listing = find_images(tmp_path)
    assert names(listing, tmp_path) == ["1.png"] and listing.left_out == {"files that are no image": 5}


def test_evaluation_splits_are_left_out_unless_they_are_what_was_asked_for(tmp_path):
    touch(tmp_path, "train/images/1.png", "val/images/2.png", "test/3.png", "validation/4.png")
    listing = find_images(tmp_path)
    assert names(listing, tmp_path) == ["train/images/1.png", "validation/4.png"]
    assert listing.left_out == {"images in folders named 'val'": 1, "images in folders named 'test'": 1}
    assert names(find_images(tmp_path / "val"), tmp_path) == ["val/images/2.png"]
    assert len(find_images(tmp_path, exclude=()).files) == 4


def test_a_file_that_two_folders_reach_counts_once(tmp_path):
    touch(tmp_path, "a/1.png", "b/2.png")
    assert len(find_images([tmp_path, tmp_path / "a"]).files) == 2


def test_missing_and_empty_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere' must be a folder of images"):
        find_images(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no image \(png, jpg, .*it is empty"):
        find_images(tmp_path)
    touch(tmp_path, "a.txt", "val/1.png")
    with pytest.raises(
        ValueError, match=r"1 files that are no image; 1 images in folders named 'val'|1 images in .*; 1 files"
    ):
        find_images(tmp_path)


def test_exclusion_heeds_no_case_and_a_folder_asked_for_is_not_left_out(tmp_path):
    touch(tmp_path, "train/1.png", "VAL/2.png", "Test/3.png")
    assert names(find_images(tmp_path), tmp_path) == ["train/1.png"]
    listing = find_images([tmp_path / "VAL", tmp_path])
    assert names(listing, tmp_path) == ["VAL/2.png", "train/1.png"]
    assert listing.left_out == {"images in folders named 'Test'": 1}


def test_links_are_followed_but_not_in_circles(tmp_path):
    touch(tmp_path, "real/1.png", "set/2.png")
    (tmp_path / "set" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "set" / "circle").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "gone.png").symlink_to(tmp_path / "nothing.png")
    listing = find_images(tmp_path / "set")
    assert names(listing, tmp_path) == ["real/1.png", "set/2.png"]
    assert listing.left_out == {"files that are no image": 1}
