# SPDX-License-Identifier: Apache-2.0
import torch

from monai_ext.transforms import BoxesToMarkupsd


def test_a_box_becomes_a_region_around_the_middles_of_its_pixels():
    """Pixels 10 to 29 of a row and 20 to 59 of a column, whose middles lie there in Slicer."""
    found = {
        "boxes": torch.tensor([[10.0, 20.0, 30.0, 60.0]]),
        "scores": torch.tensor([0.75]),
        "labels": torch.tensor([0]),
    }
    data = BoxesToMarkupsd()({"image": "as it was", **found})
    assert data["box"].tolist() == [[19.5, 39.5, 0, 20, 40, 1]]
    assert data["label"].tolist() == [0] and data["image"] == "as it was"
    assert data["result"] == {"boxes": [[10, 20, 30, 60]], "scores": [0.75]}


def test_the_region_of_one_pixel_lies_on_it():
    found = {"boxes": torch.tensor([[0.0, 0, 1, 1]]), "scores": torch.ones(1), "labels": torch.zeros(1)}
    assert BoxesToMarkupsd()(found)["box"].tolist() == [[0, 0, 0, 1, 1, 1]]


def test_no_box_is_no_region():
    found = {"boxes": torch.zeros(0, 4), "scores": torch.zeros(0), "labels": torch.zeros(0, dtype=torch.int64)}
    data = BoxesToMarkupsd()(found)
    assert data["box"].shape == (0, 6) and data["label"].shape == (0,) and data["result"] == {"boxes": [], "scores": []}
