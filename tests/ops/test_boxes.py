# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest
import torch

from monai_ext.ops import ImageDraws, affine_warp, clip_boxes, outline_boxes, random_affines, warp_points


def test_box_of_an_outline_holds_its_extremes():
    outline = torch.tensor([[3.0, 9.0], [7.5, 2.0], [5.0, 12.0]])
    assert outline_boxes(outline).tolist() == [3.0, 2.0, 7.5, 12.0]


def test_no_outlines_have_no_boxes():
    assert outline_boxes(torch.zeros(0, 5, 2)).shape == (0, 4)
    assert outline_boxes(torch.zeros(3, 0, 5, 2)).shape == (3, 0, 4)


def test_missing_outline_has_a_missing_box():
    outlines = torch.full((1, 2, 4, 2), math.nan)
    outlines[0, 0] = torch.tensor([[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]])
    boxes, kept = clip_boxes(outline_boxes(outlines), (10, 10))
    assert kept.tolist() == [[True, False]]
    assert boxes[0, 0].tolist() == [1, 1, 4, 3]


@pytest.mark.parametrize("size", [(61, 87), (64, 64)])
def test_points_go_where_the_warped_image_shows_them(size):
    affine = random_affines(ImageDraws(3, 0, torch.arange(6)), rotation=25, scale=(0.8, 1.3), shift=0.1, flip=True)
    height, width = size
    x, y = torch.meshgrid(torch.arange(width) + 0.5, torch.arange(height) + 0.5, indexing="xy")
    spot = torch.tensor([[0.4 * width, 0.55 * height]])
    image = torch.exp(-((x - spot[0, 0]) ** 2 + (y - spot[0, 1]) ** 2) / 8).expand(6, 1, -1, -1)
    warped = affine_warp(image, affine, mirror=False)
    weight = warped / warped.sum((2, 3), keepdim=True)
    seen = torch.stack([(weight * x).sum((1, 2, 3)), (weight * y).sum((1, 2, 3))], dim=1)
    moved = warp_points(spot.expand(6, 1, 2), affine, size)[:, 0]
    assert torch.allclose(moved, seen, atol=0.1)
    assert (moved - spot).abs().max() > 3


def test_identity_leaves_points():
    affine = torch.eye(2, 3).expand(2, -1, -1)
    points = torch.rand(2, 3, 5, 2) * 40
    assert torch.allclose(warp_points(points, affine, (30, 50)), points, atol=1e-4)
    assert warp_points(torch.zeros(2, 0, 5, 2), affine, (30, 50)).shape == (2, 0, 5, 2)


def test_quarter_turn_of_an_oblong_outline_swaps_its_sides():
    quarter = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    outline = torch.tensor([[[10.0, 18.0], [30.0, 18.0], [30.0, 22.0], [10.0, 22.0]]])
    box = outline_boxes(warp_points(outline, quarter, (40, 40)))[0]
    assert torch.allclose(box, torch.tensor([18.0, 10.0, 22.0, 30.0]))


def test_boxes_are_cut_at_the_border():
    boxes = torch.tensor([[-5.0, 2, 5, 8], [1, 1, 4, 4], [28, 18, 60, 40], [40, 2, 50, 8], [3, 3, 3, 9]])
    clipped, kept = clip_boxes(boxes, (20, 30))
    assert clipped[[0, 1, 2]].tolist() == [[0, 2, 5, 8], [1, 1, 4, 4], [28, 18, 30, 20]]
    assert kept.tolist() == [True, True, True, False, False]


def test_box_of_which_too_little_is_left_is_not_kept():
    boxes = torch.tensor([[-5.0, 0, 5, 10], [-7.0, 0, 3, 10]])
    assert clip_boxes(boxes, (20, 20), least_share=0.4)[1].tolist() == [True, False]


def test_share_of_a_whole_box_survives_rounding():
    boxes = torch.rand(1000, 4) * 10
    boxes[:, 2:] += boxes[:, :2] + 2
    assert clip_boxes(boxes, (40, 40), least_share=1)[1].all()
