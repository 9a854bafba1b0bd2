# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from monai_ext.losses import AnatomicalConsistencyLoss


def segmentor() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))


def test_known_value():
    """With S(I') = 0 everywhere the cross-entropy is ln 2, whatever the target."""
    zero = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(zero.weight)
    nn.init.zeros_(zero.bias)
    loss = AnatomicalConsistencyLoss(zero)(torch.rand(2, 1, 5, 7), torch.rand(2, 1, 5, 7))
    assert loss.item() == pytest.approx(0.693147, abs=1e-6)


def test_equals_binary_cross_entropy_of_probabilities():
    loss = AnatomicalConsistencyLoss(segmentor())
    image, probability = torch.rand(2, 1, 6, 9), torch.rand(2, 1, 6, 9)
    expected = F.binary_cross_entropy(loss.segmentor(image).sigmoid(), probability)
    assert loss(image, probability).item() == pytest.approx(expected.item(), abs=1e-6)


def test_segmentor_gets_no_gradient_and_the_reconstruction_does():
    loss = AnatomicalConsistencyLoss(segmentor())
    image, probability = torch.rand(1, 1, 8, 8, requires_grad=True), torch.rand(1, 1, 8, 8, requires_grad=True)
    loss(image, probability).backward()
    assert image.grad.abs().sum() > 0
    assert probability.grad is None
    assert all(p.grad is None and not p.requires_grad for p in loss.parameters())


def test_segmentor_stays_in_evaluation_mode():
    loss = AnatomicalConsistencyLoss(segmentor())
    before = {k: v.clone() for k, v in loss.state_dict().items()}
    loss.train()
    loss(torch.rand(4, 1, 8, 8), torch.rand(4, 1, 8, 8))
    assert not any(module.training for module in loss.segmentor.modules())
    assert all(torch.equal(before[k], v) for k, v in loss.state_dict().items())
