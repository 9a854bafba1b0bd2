# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import READERS, find_source

LAYOUTS = {
    "arcade": ["syntax/train/images/1.png", "syntax/train/annotations/train.json"],
    "cadica": ["selectedVideos/p1/v1/input/p1_v1_00000.png"],
    "coronary_dominance": ["Right Dominance/1/1.png"],
    "dicom": ["a/b/1.dcm", "1.png"],
    "images": ["a/1.png", "b/2.png"],
    "masks": ["images/1.png", "masks/1.png"],
    "stenosis": ["dataset/14_001_1_0001.bmp", "dataset/14_001_1_0001.xml"],
    "syntax": ["1/a.png", "scores.csv"],
    "xcad": ["train/1.png", "test/images/2.png", "test/masks/2.png"],
    "xcav": ["XACV/CVAI-1/images/s/00000.png", "XACV/CVAI-1/ground_truth/s/00000.png"],
}


@pytest.fixture
def make(write):
    def layout(kind, prefix=""):
        for name in LAYOUTS[kind]:
            write(prefix + name, "Patient,SYNTAX score\n" if name.endswith("csv") else "x")

    return layout


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize("prefix", ["", "download/"])
def test_kinds_by_their_layout_alone_or_in_a_wrapper(make, tmp_path, kind, prefix):
    make(kind, prefix)
    assert find_source(tmp_path) == kind


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("arcade", "syntax/train"),
        ("arcade", "syntax/train/images"),
        ("cadica", "selectedVideos"),
        ("cadica", "selectedVideos/p1"),
        ("cadica", "selectedVideos/p1/v1"),
        ("cadica", "selectedVideos/p1/v1/input"),
        ("coronary_dominance", "Right Dominance"),
        ("coronary_dominance", "Right Dominance/1"),
        ("stenosis", "dataset"),
        ("xcad", "train"),
        ("xcad", "test"),
        ("xcav", "XACV"),
        ("xcav", "XACV/CVAI-1"),
    ],
)
def test_parts_of_a_data_set(make, tmp_path, kind, part):
    make(kind)
    assert find_source(tmp_path / part) == kind


def test_images_with_masks_in_both_splits_are_not_xcad(write):
    for split in ("train", "test"):
        write(f"{split}/images/1.png", "x")
        folder = write(f"{split}/masks/1.png", "x").parents[2]
    assert find_source(folder) == "masks"


def test_dicom_without_extension_by_its_magic_bytes(tmp_path):
    (tmp_path / "IM1").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "1.2.840.7").write_bytes(bytes(128) + b"DICM")
    assert find_source(tmp_path) == "dicom"
    (tmp_path / "IM1").write_bytes(b"text")
    assert find_source(tmp_path) == "dicom"
    (tmp_path / "1.2.840.7").unlink()
    assert find_source(tmp_path) is None
