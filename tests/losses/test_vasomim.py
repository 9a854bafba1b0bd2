# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from torch import nn

from monai_ext.losses import AnatomicalConsistencyLoss, MaskedReconstructionLoss, VasoMIMLoss
from monai_ext.ops import denormalise_patches


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 1, 8, 12, generator=generator)
    targets = {
        "image": image,
        "hidden": torch.tensor([[True, False, True, False, True, False]] * 2),
        "probability": torch.rand(2, 1, 8, 12, generator=generator),
    }
    return torch.randn(2, 6, 16, generator=generator), targets


def test_is_the_weighted_sum_of_its_parts(batch):
    prediction, targets = batch
    segmentor = nn.Conv2d(1, 1, 3, padding=1)
    loss = VasoMIMLoss(4, segmentor, reconstruction_weight=2.0, consistency_weight=0.5)
    whole = denormalise_patches(prediction, targets["image"], 4)
    reconstruction = MaskedReconstructionLoss(4)(prediction, targets["image"], targets["hidden"])
    consistency = AnatomicalConsistencyLoss(segmentor)(whole, targets["probability"])
    assert loss(prediction, targets).item() == pytest.approx((2 * reconstruction + 0.5 * consistency).item(), abs=1e-6)
    assert loss.parts["reconstruction"].item() == pytest.approx(reconstruction.item())
    assert loss.parts["consistency"].item() == pytest.approx(consistency.item())


def test_without_consistency_it_is_that_of_a_plain_masked_auto_encoder(batch):
    prediction, targets = batch
    expected = MaskedReconstructionLoss(4)(prediction, targets["image"], targets["hidden"])
    loss = VasoMIMLoss(4, consistency_weight=0)
    assert loss(prediction, targets).item() == expected.item()
    assert set(loss.parts) == {"reconstruction"} and not loss.parts["reconstruction"].requires_grad


def test_consistency_reaches_visible_patches_too(batch):
    """Visible patches are predicted as well, and the segmentor looks at them."""
    prediction, targets = batch
    prediction.requires_grad_()
    VasoMIMLoss(4, nn.Conv2d(1, 1, 3, padding=1), reconstruction_weight=0)(prediction, targets).backward()
    assert prediction.grad[:, 1].abs().sum() > 0


def test_bad_weights_are_refused():
    with pytest.raises(ValueError, match="must be >= 0, got -1"):
        VasoMIMLoss(4, reconstruction_weight=-1, consistency_weight=0)
    with pytest.raises(ValueError, match=r"consistency_weight of 1.0 needs a segmentor, got none"):
        VasoMIMLoss(4)
