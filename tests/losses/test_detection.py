# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from monai_ext.losses import DetectionLoss


def test_sum_of_the_weighed_parts():
    loss = DetectionLoss(box_weight=0.5)
    losses = {"classification": torch.tensor(2.0), "box_regression": torch.tensor(3.0)}
    assert loss(losses) == 3.5
    assert {name: float(value) for name, value in loss.parts.items()} == {"classification": 2.0, "box_regression": 3.0}


def test_gradients_reach_both_and_parts_hold_none():
    score, box = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    loss = DetectionLoss(box_weight=2.0)
    loss({"classification": score, "box_regression": box}, None).backward()
    assert (score.grad, box.grad) == (1, 2)
    assert not any(value.requires_grad for value in loss.parts.values())


def test_half_precision_becomes_float32():
    half = torch.tensor(1.0, dtype=torch.bfloat16)
    assert DetectionLoss()({"classification": half, "box_regression": half}).dtype == torch.float32


def test_negative_weight():
    with pytest.raises(ValueError, match="box_weight must be >= 0, got -1"):
        DetectionLoss(-1)
