# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import read_records


def test_study_and_side(draw):
    listing = read_records(
        draw("Left Dominance/0007/1/2.png", "Left Dominance/0007/1/10.png", "Right Dominance/0007/1.png")
    )
    assert [(r.path.name, r.patient, r.video, r.labels["dominance"]) for r in listing.records] == [
        ("2.png", "Left Dominance/0007", "Left Dominance/0007/1", "left"),
        ("10.png", "Left Dominance/0007", "Left Dominance/0007/1", "left"),
        ("1.png", "Right Dominance/0007", None, "right"),
    ]
    assert {record.source for record in listing.records} == {"coronary_dominance"}


@pytest.mark.parametrize("part", ["Left Dominance", "Left Dominance/0007"])
def test_parts_are_known(draw, part):
    folder = draw("Left Dominance/0007/1.png", "Left Dominance/0008/1.png")
    assert {record.labels["dominance"] for record in read_records(folder / part).records} == {"left"}


def test_empty_truncated_and_duplicate_files(draw, write):
    folder = draw(*(f"left_dominance/1/{i}.png" for i in range(4)), value=9)
    truncated = folder / "left_dominance/1/1.png"
    truncated.write_bytes(truncated.read_bytes()[:40])
    write("left_dominance/1/2.png")
    (folder / "left_dominance/1/5.png").symlink_to(folder / "gone.png")
    write("left_dominance/1/Thumbs.db", "x")
    draw("elsewhere.png")
    listing = read_records(folder)
    assert [record.path.name for record in listing.records] == ["0.png", "1.png", "3.png"]
    assert [(fault.path.name, fault.reason[:23]) for fault in listing.faults] == [
        ("2.png", "the image is an empty f"),
        ("5.png", "the image cannot be rea"),
    ]
    assert listing.left_out == {"Thumbs.db files": 1, "images outside of 'Left Dominance' and 'Right Dominance'": 1}
