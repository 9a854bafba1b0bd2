# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import read_label, read_records

SEQ = "CVAI-1207LAO44_CRA29"


@pytest.fixture
def xcav(draw):
    """One case of two sequences; one frame has both masks, one the vessels only."""
    folder = draw(*(f"XACV/CVAI-1207/images/{SEQ}/0000{i}.png" for i in range(3)))
    draw("XACV/CVAI-1207/images/CVAI-1207RAO2/00000.png")
    draw(f"XACV/CVAI-1207/ground_truth/{SEQ}/00001.png", f"XACV/CVAI-1207/ground_truth/{SEQ}/00002.png", value=255)
    draw(f"XACV/CVAI-1207/ground_truth/{SEQ}CATH/00001.png", value=255)
    return folder


def test_frames_with_their_masks_and_unlabelled_ones(xcav):
    listing = read_records(xcav)
    assert [sorted(record.labels) for record in listing.records] == [[], ["catheter", "vessels"], ["vessels"], []]
    record = listing.records[1]
    assert (record.source, record.patient, record.video) == ("xcav", "CVAI-1207", f"CVAI-1207/{SEQ}")
    assert record.labels["catheter"].parts[-2:] == (f"{SEQ}CATH", "00001.png")
    assert read_label(record, "vessels", (32, 32)).all() and not listing.faults
    assert len(read_records(xcav / "XACV/CVAI-1207").records) == 4


def test_masks_find_their_frame_by_number(xcav):
    for stem in ("00000", "00001", "00002"):
        path = xcav / f"XACV/CVAI-1207/images/{SEQ}/{stem}.png"
        path.rename(path.with_stem(stem[-2:]))
    listing = read_records(xcav)
    assert [len(record.labels) for record in listing.records] == [0, 2, 1, 0] and not listing.faults


def test_masks_without_a_frame_and_empty_masks_are_faults(xcav, draw, write):
    draw(f"XACV/CVAI-1207/ground_truth/{SEQ}/00077.png")
    write(f"XACV/CVAI-1207/ground_truth/{SEQ}CATH/00001.png")
    listing = read_records(xcav)
    assert {(fault.path.stem, fault.reason) for fault in listing.faults} == {
        ("00077", "the frame of the mask is missing"),
        ("00001", "the image is an empty file"),
    }
    assert list(listing.records[1].labels) == ["vessels"]
