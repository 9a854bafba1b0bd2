# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import Box, read_records

V = "selectedVideos/p1/v1"


@pytest.fixture
def cadica(draw, write):
    """Two selected videos of one patient and one that was not selected."""
    folder = draw(*(f"{V}/input/p1_v1_0000{i}.png" for i in range(3)), "selectedVideos/p1/v2/input/p1_v2_00000.png")
    draw("nonselectedVideos/p1/v3/p1_v3_00000.png")
    write("selectedVideos/p1/lesionVideos.txt", "v1\n")
    write("selectedVideos/p1/nonlesionVideos.txt", "v2\n")
    write(f"{V}/p1_v1_selectedFrames.txt", "p1_v1_00001\np1_v1_00002\n")
    write(f"{V}/groundtruth/p1_v1_00001.txt", "10 12 5 6 p50_70\n1 2 3 4 p99\n")
    return folder


def test_frames_with_patient_video_and_labels(cadica):
    listing = read_records(cadica)
    assert [record.path.stem for record in listing.records] == [
        "p1_v1_00000",
        "p1_v1_00001",
        "p1_v1_00002",
        "p1_v2_00000",
    ]
    assert {(record.source, record.patient) for record in listing.records} == {("cadica", "p1")}
    assert [record.video for record in listing.records] == ["p1_v1"] * 3 + ["p1_v2"]
    first, second, third, other = (record.labels for record in listing.records)
    assert first == {"lesion": True} and other == {"lesion": False} and third == {"lesion": True, "selected": True}
    assert second["boxes"] == (Box(10, 12, 15, 18, "p50_70"), Box(1, 2, 4, 6, "p99"))
    assert listing.left_out == {"frames of videos that were not selected": 1} and not listing.faults


def test_parts_can_be_read_and_unselected_videos_if_asked_for(cadica):
    counts = {part: len(read_records(cadica / part).records) for part in ("selectedVideos", "selectedVideos/p1", V)}
    assert counts == {"selectedVideos": 4, "selectedVideos/p1": 4, V: 3}
    (record,) = read_records(cadica / "nonselectedVideos").records
    assert record.video == "p1_v3" and record.labels == {}


@pytest.mark.parametrize("row", ["10 12 5 p50", "a b c d p50", "1 2 3 4 5 6"])
def test_a_broken_box_costs_the_frame_its_boxes(cadica, write, row):
    write(f"{V}/groundtruth/p1_v1_00001.txt", f"1 2 3 4 p99\n{row}\n")
    listing = read_records(cadica)
    assert len(listing.records) == 4 and not any("boxes" in record.labels for record in listing.records)
    assert [fault.reason.split(" (")[0] for fault in listing.faults] == ["rows must be 'x y w h category'"]


@pytest.mark.parametrize("row", ["1 2 0 4 p50", "1 2 3 -4 p50", "1 2 nan 4 p50"])
def test_a_box_without_an_area_costs_only_itself(cadica, write, row):
    path = write(f"{V}/groundtruth/p1_v1_00001.txt", f"1 2 3 4 p99\n{row}\n")
    listing = read_records(cadica)
    assert listing.records[1].labels["boxes"] == (Box(1, 2, 4, 6, "p99"),)
    assert [(fault.path, fault.reason[:49]) for fault in listing.faults] == [
        (path, "1 of 2 boxes are left out, the first: a box must ")
    ]


def test_a_frame_whose_every_box_is_bad_is_none_without_boxes(cadica, write):
    write(f"{V}/groundtruth/p1_v1_00001.txt", "1 2 0 4 p50\n1 2 3 0 p50\n")
    listing = read_records(cadica)
    assert listing.records[1].labels == {"lesion": True, "selected": True}
    (fault,) = listing.faults
    assert (
        "(no box of 2 is good, the first: a box must have an area, got 1..1 x 2..6.); the frame has no" in fault.reason
    )


def test_selected_frames_without_a_lesion_have_no_boxes_and_others_are_not_labelled(cadica, draw, write):
    """Nobody looked for boxes in v1's frame 2, in v2's frame 2 that was not selected, in v4 that is in no list; v2's frame 1 has a broken file."""
    v2, v4 = "selectedVideos/p1/v2", "selectedVideos/p1/v4"
    draw(*(f"{v2}/input/p1_v2_0000{i}.png" for i in range(3)), f"{v4}/input/p1_v4_00000.png")
    write(f"{v2}/p1_v2_selectedFrames.txt", "p1_v2_00000\np1_v2_00001\n")
    write(f"{v4}/p1_v4_selectedFrames.txt", "p1_v4_00000\n")
    write(f"{v2}/groundtruth/p1_v2_00001.txt", "1 2 3")
    boxes = {r.path.stem: r.labels["boxes"] for r in read_records(cadica).records if "boxes" in r.labels}
    assert list(boxes) == ["p1_v1_00001", "p1_v2_00000"] and boxes["p1_v2_00000"] == ()


def test_an_empty_file_is_a_label_and_one_that_cannot_be_read_is_none(cadica, write):
    path = write(f"{V}/groundtruth/p1_v1_00001.txt", "\n")
    assert read_records(cadica).records[1].labels["boxes"] == ()
    path.unlink(), path.symlink_to("gone.txt")
    listing = read_records(cadica)
    assert "boxes" not in listing.records[1].labels
    assert [fault.reason[:24] for fault in listing.faults] == ["the file cannot be read "]


def test_frames_that_labels_name_and_contradicting_lists_are_faults(cadica, write):
    write(f"{V}/groundtruth/p1_v1_00009.txt", "1 2 3 4 p99")
    write("selectedVideos/p1/nonlesionVideos.txt", "v1 v2")
    listing = read_records(cadica)
    assert {fault.path.name for fault in listing.faults} == {"v1", "p1_v1_00009.png"}
    assert "lesion" not in listing.records[0].labels and len(listing.records) == 4


def test_images_of_other_names_are_left_out(cadica, draw):
    draw(f"{V}/input/overview.png")
    assert read_records(cadica).left_out["images with other names than pX_vY_NNNNN"] == 1
