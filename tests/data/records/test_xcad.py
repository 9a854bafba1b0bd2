# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import read_records


@pytest.fixture
def xcad(draw):
    draw("train/a.png", "train/b.png", "test/images/c.png", "test/images/d.png")
    return draw("test/masks/c.png", value=255)


def test_unlabelled_train_and_labelled_test(xcad):
    listing = read_records(xcad)
    assert listing.source == "xcad"
    assert [(r.path.name, r.split, list(r.labels)) for r in listing.records] == [
        ("c.png", "test", ["vessels"]),
        ("d.png", "test", []),
        ("a.png", "train", []),
        ("b.png", "train", []),
    ]
    assert [(fault.path.name, fault.reason) for fault in listing.faults] == [
        ("d.png", "an image of the test split has no mask")
    ]


@pytest.mark.parametrize(("part", "count"), [("train", 2), ("test", 2)])
def test_parts_are_known(xcad, part, count):
    listing = read_records(xcad / part)
    assert listing.source == "xcad" and [record.split for record in listing.records] == [part] * count
    assert any(record.labels for record in listing.records) == (part == "test")


def test_images_elsewhere_and_masks_alone(xcad, draw):
    draw("preview.png", "test/masks/z.png")
    listing = read_records(xcad)
    assert listing.left_out == {"images outside of 'train' and 'test'": 1} and len(listing.records) == 4
    assert "the image of the mask is missing" in [fault.reason for fault in listing.faults]
