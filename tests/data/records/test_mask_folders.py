# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import read_records


@pytest.mark.parametrize(
    ("image", "mask", "split"),
    [
        ("images/7.png", "masks/7.png", None),
        ("Original/7.jpg", "Ground_truth/7.png", None),
        ("train/images/7.png", "train/labels/7.png", "train"),
        ("images/val/7.png", "gt/val/7_mask.png", "val"),
        ("Database/7.pgm", "Database/7_gt.pgm", None),
        ("test/img/a/7.png", "test/GT/a/7-gt.png", "test"),
    ],
)
def test_layouts(draw, image, mask, split):
    folder = draw(image, mask, "images/other.png")
    listing = read_records(folder)
    labelled = [record for record in listing.records if record.labels]
    assert listing.source == "masks" and len(listing.records) == 2 and not listing.faults
    assert [(r.path, r.labels, r.split) for r in labelled] == [(folder / image, {"vessels": folder / mask}, split)]


def test_equal_names_in_two_splits_stay_apart(draw):
    folder = draw(*(f"{split}/{kind}/1.png" for split in ("train", "test") for kind in ("images", "masks")))
    for record in read_records(folder).records:
        assert record.labels["vessels"].parent.parent == record.path.parent.parent


def test_catheters_lonely_and_further_masks(draw):
    folder = draw("images/1.png", "masks/1.png", "gt/1.png", "catheter/1.png", "masks/2.png")
    listing = read_records(folder)
    assert {name: path.parent.name for name, path in listing.records[0].labels.items()} == {
        "vessels": "gt",
        "catheter": "catheter",
    }
    assert [(fault.path.name, fault.reason) for fault in listing.faults] == [
        ("2.png", "the image of the mask is missing")
    ]
    assert listing.left_out == {"further masks of an image": 1}


def test_a_suffix_alone_makes_no_mask(draw):
    assert read_records(draw("7_gt.png", "8_mask.png")).source == "images"
