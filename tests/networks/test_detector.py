# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import warnings

import pytest
import torch
from torch import nn

from monai_ext.losses import DetectionLoss
from monai_ext.networks import StenosisDetector, stenosis_retinanet


class Answer(nn.Module):
    """Says at one place of a level, row and column, that there is a lesion of the size of the anchor."""

    spatial_dims, num_classes, num_anchors, size_divisible = 2, 1, 1, 32
    cls_key, box_reg_key = "classification", "box_regression"

    def __init__(self, *places: tuple[int, int, int, float], shift: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.places, self.shift = places, shift

    def forward(self, images):
        sizes = [[side // stride for side in images.shape[2:]] for stride in (4, 8, 16, 32)]
        logits = [torch.full((len(images), 1, *size), -10.0) for size in sizes]
        boxes = [torch.zeros(len(images), 4, *size) for size in sizes]
        for level, row, column, logit in self.places:
            logits[level][:, 0, row, column] = logit
            boxes[level][:, :2, row, column] = torch.tensor(self.shift)  # of the middle, first axis first, in sides
        return {"classification": logits, "box_regression": boxes}


@pytest.fixture
def detector() -> StenosisDetector:
    return StenosisDetector(stenosis_retinanet("tiny", seed=0))


def targets(*images: list[list[float]]) -> list[dict[str, torch.Tensor]]:
    boxes = [torch.tensor(own, dtype=torch.float32).reshape(-1, 4) for own in images]
    return [{"boxes": own, "labels": torch.zeros(len(own), dtype=torch.int64)} for own in boxes]


def test_works_without_torchvision(detector):
    detector.train()(torch.randn(1, 1, 64, 64), targets([[10, 10, 30, 30]]))
    assert "torchvision" not in sys.modules


def test_box_has_x_along_columns():
    found = StenosisDetector(Answer((1, 3, 6, 2.0))).eval()(torch.zeros(1, 1, 64, 96))[0]
    middle_x, middle_y, half = 6 * 8 + 4, 3 * 8 + 4, 4 * 8 / 2
    assert found["boxes"].tolist() == [[middle_x - half, middle_y - half, middle_x + half, middle_y + half]]
    assert found["scores"].tolist() == pytest.approx([torch.sigmoid(torch.tensor(2.0)).item()])
    assert found["labels"].tolist() == [0]


def test_first_coordinate_of_the_regression_is_the_row():
    still, moved = (
        StenosisDetector(Answer((0, 8, 8, 2.0), shift=shift)).eval()(torch.zeros(1, 1, 64, 64))[0]["boxes"][0]
        for shift in ((0.0, 0.0), (0.5, 0.0))
    )
    assert (moved - still).tolist() == [0, 8, 0, 8]


@pytest.mark.parametrize(
    ("size", "image_size"), [((128, 192), 96), ((100, 75), 64), ((61, 87), [64, 96]), ((50, 50), None)]
)
def test_boxes_are_in_pixels_of_the_image_as_given(size, image_size):
    detector = StenosisDetector(Answer((0, 4, 6, 2.0)), image_size).eval()
    seen = detector._seen(torch.zeros(1, 1, *size)).shape[2:]
    box = detector(torch.zeros(1, 1, *size))[0]["boxes"][0]
    scale = torch.tensor([size[1] / seen[1], size[0] / seen[0]])
    middle = (box[:2] + box[2:]) / 2
    assert torch.allclose(middle, torch.tensor([26.0, 18.0]) * scale)
    assert all(side % 32 == 0 for side in seen)


def test_aspect_is_kept_as_far_as_sides_are_multiples_of_32():
    detector = StenosisDetector(Answer(), 512).eval()
    for size, seen in (
        ((512, 512), (512, 512)),
        ((1000, 800), (512, 416)),
        ((300, 600), (256, 512)),
        ((5, 900), (32, 512)),
    ):
        assert detector._seen(torch.zeros(1, 1, *size)).shape[2:] == seen


def test_boxes_are_cut_at_the_border_of_the_image():
    box = StenosisDetector(Answer((3, 0, 1, 2.0))).eval()(torch.zeros(1, 1, 64, 64))[0]["boxes"]
    assert box.tolist() == [[0, 0, 64, 64]]


def test_scores_are_ordered_and_low_ones_go():
    found = StenosisDetector(Answer((0, 2, 2, 0.5), (0, 12, 12, 3.0), (0, 2, 12, -1.0)), score_threshold=0.3).eval()
    scores = found(torch.zeros(1, 1, 64, 64))[0]["scores"]
    assert torch.allclose(scores, torch.tensor([3.0, 0.5]).sigmoid())


def test_of_two_boxes_of_one_lesion_the_better_stays():
    near = Answer((0, 8, 8, 1.0), (0, 8, 9, 2.0), (0, 2, 2, 0.0))
    boxes = StenosisDetector(near).eval()(torch.zeros(1, 1, 64, 64))[0]["boxes"]
    assert [((box[0] + box[2]) / 2).item() for box in boxes] == [38, 10]


def test_no_more_than_the_boxes_asked_for():
    many = Answer(*((0, row, column, 1.0) for row in range(0, 16, 4) for column in range(0, 16, 4)))
    assert len(StenosisDetector(many, max_boxes=5).eval()(torch.zeros(1, 1, 64, 64))[0]["boxes"]) == 5


def test_nothing_found_is_empty():
    found = StenosisDetector(Answer()).eval()(torch.zeros(2, 1, 64, 64))
    assert [(own["boxes"].shape, own["scores"].shape) for own in found] == [((0, 4), (0,))] * 2


@pytest.mark.parametrize("count", [0, 1, 100])
def test_any_number_of_boxes_trains(detector, count):
    corners = torch.rand(count, 2, generator=torch.Generator().manual_seed(0)) * 60
    boxes = torch.cat([corners, corners + 12], dim=1).tolist()
    losses = detector.train()(torch.randn(2, 1, 96, 96), targets(boxes, []))
    DetectionLoss()(losses).backward()
    assert all(torch.isfinite(value) for value in losses.values())
    assert all(parameter.grad is not None for parameter in detector.network.parameters())
    assert (losses["box_regression"] > 0) == (count > 0)


def test_loss_of_the_scores_is_that_of_a_missed_lesion():
    """Focal loss, arXiv 1708.02002, equation 5: alpha (1 - p)^2 (-log p) with alpha 0.25 at a logit of -10; the rest says nothing."""
    loss = StenosisDetector(Answer()).train()(torch.zeros(1, 1, 96, 96), targets([[20, 20, 60, 50]]))["classification"]
    assert loss == pytest.approx(2.5, rel=1e-3)


def test_loss_of_an_image_without_a_lesion_is_that_of_what_is_false():
    with torch.random.fork_rng():
        torch.manual_seed(0)  # the sampler draws from the hardest
        false = StenosisDetector(Answer((2, 1, 1, 3.0))).train()(torch.zeros(1, 1, 64, 64), targets([]))
    p = torch.sigmoid(torch.tensor(3.0))
    assert false["classification"] == pytest.approx((0.75 * p**2 * -torch.log(1 - p)).item(), rel=1e-2)
    assert false["box_regression"] == 0


def test_loss_of_the_boxes_does_not_need_gradients(detector):
    arguments = torch.zeros(1, 1, 64, 64), targets([[10, 10, 40, 30]])
    with torch.no_grad():
        without = detector.train()(*arguments)["box_regression"]
    assert without == detector(*arguments)["box_regression"] > 0


def test_the_same_box_twice_is_no_other_lesion(detector):
    image, box = torch.randn(1, 1, 64, 64), [20, 10, 44, 40]
    detector.fg_bg_sampler = None  # draws
    once, twice = (detector.train()(image, targets(boxes)) for boxes in ([box], [box, box]))
    assert all(torch.equal(once[name], twice[name]) for name in once)


@pytest.mark.slow
def test_training_moves_a_box_to_the_lesion():
    """One image, one lesion: after some steps it is found where it is."""
    detector = StenosisDetector(stenosis_retinanet("tiny", seed=0, width=16))
    image = torch.zeros(1, 1, 64, 64)
    image[..., 12:28, 30:54] = 2
    optimizer, loss = torch.optim.AdamW(detector.parameters(), 1e-3), DetectionLoss()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(60):
            optimizer.zero_grad()
            loss(detector.train()(image, targets([[30, 12, 54, 28]]))).backward()
            optimizer.step()
    with torch.no_grad():
        best = detector.eval()(image)[0]["boxes"][0]
    assert (best - torch.tensor([30.0, 12, 54, 28])).abs().max() < 4


def test_anchors_lie_in_the_middle_of_their_place():
    detector = StenosisDetector(Answer())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector.eval()(torch.zeros(1, 1, 64, 96))
    anchors = detector.anchors[0]
    middles, sides = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    assert middles[:2].tolist() == [[2, 2], [2, 6]]
    assert sides.unique().tolist() == [16, 32, 64, 128]


def test_bad_arguments():
    for size in (0, [], [64], [64, 0], [64, 64, 64]):
        with pytest.raises(ValueError, match="image_size must be one positive number or"):
            StenosisDetector(Answer(), size)
    with pytest.raises(ValueError, match=r"score_threshold must lie in \[0, 1\], got 2"):
        StenosisDetector(Answer(), score_threshold=2)
    with pytest.raises(ValueError, match=r"score_threshold must lie in \[0, 1\], got 'high'"):
        StenosisDetector(Answer(), score_threshold="high")
    with pytest.raises(ValueError, match=r"nms_threshold must lie in \[0, 1\], got -1"):
        StenosisDetector(Answer(), nms_threshold=-1)
