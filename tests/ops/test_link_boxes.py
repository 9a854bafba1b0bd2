# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.ops import Lesion, link_boxes


def boxes(*lefts_and_tops: tuple[float, float]) -> torch.Tensor:
    """Squares of 10 pixels."""
    return torch.tensor([[x, y, x + 10, y + 10] for x, y in lefts_and_tops], dtype=torch.float32).reshape(-1, 4)


def link(found: list[torch.Tensor], scores: list[list[float]] | None = None, **knobs):
    scores = [[0.5] * len(own) for own in found] if scores is None else scores
    return link_boxes(found, [torch.tensor(row) for row in scores], **knobs)


def rows(lesions) -> list[tuple[tuple[int, ...], list[float]]]:
    """Frames and left sides."""
    return [(lesion.frames, lesion.boxes[:, 0].tolist()) for lesion in lesions]


def test_a_box_that_moves_is_one_lesion(global_rng_untouched):
    (lesion,) = link([boxes((x, 0)) for x in (0, 3, 6, 9)], [[0.2], [0.9], [0.4], [0.9]])
    assert lesion.frames == (0, 1, 2, 3) and lesion.boxes.shape == (4, 4) and lesion.boxes.dtype == torch.float32
    assert lesion.boxes[:, 0].tolist() == [0, 3, 6, 9]
    assert lesion.scores.tolist() == pytest.approx([0.2, 0.9, 0.4, 0.9])
    assert lesion.best == 1 and lesion.frames[lesion.best] == 1


def test_a_box_that_jumps_is_another_lesion():
    """A shift of 6 of 10 pixels is an IoU of 4 / 16."""
    frames = [boxes((0, 0)), boxes((6, 0))]
    assert rows(link(frames)) == [((0,), [0]), ((1,), [6])]
    assert rows(link(frames, min_iou=0.25)) == [((0, 1), [0, 6])]
    assert len(link(frames, min_iou=0.2501)) == 2


def test_boxes_that_cross_keep_their_lesions_whatever_their_order():
    """One goes right, the other left, a little lower: they lie nearly on each other in the middle."""
    right, left = [(0, 0), (4, 0), (8, 0), (12, 0), (16, 0)], [(16, 3), (12, 3), (8, 3), (4, 3), (0, 3)]
    frames = [boxes(a, b) if i % 2 else boxes(b, a) for i, (a, b) in enumerate(zip(right, left, strict=True))]
    first, second = link(frames)
    assert first.boxes[:, :2].tolist() == [list(place) for place in left]
    assert second.boxes[:, :2].tolist() == [list(place) for place in right]


def test_the_sum_of_overlaps_decides_not_the_largest_one():
    """Of lesions at 0 and 4 the box at 3 overlaps the second most, but then the box at 7 that goes on with it would go on with none."""
    lesions = link([boxes((0, 0), (4, 0)), boxes((3, 0), (7, 0))])
    assert rows(lesions) == [((0, 1), [0, 3]), ((0, 1), [4, 7])]


@pytest.mark.parametrize(("gap", "count"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_lesion_may_be_unseen_for_two_frames(gap, count):
    lesions = link([boxes((0, 0)), *[boxes()] * gap, boxes((1, 0))])
    assert len(lesions) == count and lesions[0].frames == ((0, gap + 1) if count == 1 else (0,))


def test_a_gap_counts_frames_that_were_not_given():
    frames = [boxes((0, 0)), boxes((0, 0))]
    assert rows(link(frames, frames=[4, 7])) == [((4, 7), [0, 0])]
    assert rows(link(frames, frames=[4, 8])) == [((4,), [0]), ((8,), [0])]
    assert len(link(frames, frames=[4, 5], max_gap=0)) == 1 and len(link(frames, frames=[4, 6], max_gap=0)) == 2


def test_lesions_of_few_frames_are_left_out():
    frames = [boxes((0, 0), (50, 0)), boxes((1, 0)), boxes((2, 0))]
    assert rows(link(frames, min_frames=2)) == rows(link(frames, min_frames=3)) == [((0, 1, 2), [0, 1, 2])]
    assert link(frames, min_frames=4) == []


def test_one_frame_has_one_lesion_a_box_in_their_order():
    lesions = link([boxes((30, 0), (0, 0))], [[0.9, 0.3]], frames=[31])
    assert rows(lesions) == [((31,), [30]), ((31,), [0])] and lesions[0].best == 0


def test_nothing_is_no_lesion():
    assert link([]) == link([boxes()]) == link([boxes(), boxes(), boxes()]) == []


def test_of_two_boxes_on_each_other_the_second_is_a_lesion_of_its_own():
    assert rows(link([boxes((0, 0), (0, 0))])) == [((0,), [0]), ((0,), [0])]
    assert rows(link([boxes((0, 0)), boxes((0, 0), (0, 0)), boxes((0, 0))])) == [((0, 1, 2), [0, 0, 0]), ((1,), [0])]


def test_a_box_without_area_goes_on_with_none():
    flat = torch.tensor([[5.0, 5.0, 5.0, 5.0]])
    assert [lesion.frames for lesion in link([flat, flat])] == [(0,), (1,)]


BAD = [
    ({"min_iou": 0}, r"min_iou must lie in \(0, 1\], got 0"),
    ({"min_iou": 1.1}, r"min_iou must lie in \(0, 1\], got 1.1"),
    ({"max_gap": -1}, "max_gap must be at least 0 and min_frames at least 1, got -1 and 1"),
    ({"min_frames": 0}, "max_gap must be at least 0 and min_frames at least 1, got 2 and 0"),
    ({"scores": [[0.5], []]}, "every frame must have a number and a score for each box, .* 2 and 1 in all"),
    ({"frames": [0]}, "every frame must have a number .* got 1 numbers, boxes of 2 frames"),
    ({"frames": [1, 1]}, r"numbers of frames must rise, got \[1, 1\]"),
]


@pytest.mark.parametrize(("knobs", "message"), BAD)
def test_bad_input_is_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        link([boxes((0, 0)), boxes((1, 0))], **knobs)


def test_a_lesion_is_described_by_its_best_frame():
    lesion = Lesion((3, 5), torch.tensor([[0, 0, 9, 9], [1, 2.004, 3, 4.567]]), torch.tensor([0.25, 0.75004]))
    told = {"lesion": 2, "first_frame": 3, "last_frame": 5, "frames": [3, 5], "best_frame": 5, "best_score": 0.75}
    assert lesion.describe(2) == {**told, "box": [1, 2, 3, 4.57]}
