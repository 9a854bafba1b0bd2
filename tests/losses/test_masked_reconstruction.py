# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.losses import MaskedReconstructionLoss
from monai_ext.ops import normalise_patches, patchify


def test_known_value():
    """Predicting zero costs the variance of the normalised target: (n - 1) / n for an unbiased variance over n pixels."""
    image = torch.rand(2, 1, 8, 12, generator=torch.Generator().manual_seed(0)) * 100
    hidden = torch.zeros(2, 6, dtype=torch.bool)
    hidden[:, :3] = True
    loss = MaskedReconstructionLoss(4)(torch.zeros(2, 6, 16), image, hidden)
    assert loss.item() == pytest.approx(15 / 16, abs=1e-5)


def test_only_hidden_patches_count():
    image = torch.rand(1, 1, 8, 8)
    prediction = normalise_patches(patchify(image, 4))
    hidden = torch.tensor([[True, False, False, True]])
    prediction[0, 1:3] += 100
    assert MaskedReconstructionLoss(4)(prediction, image, hidden).item() == pytest.approx(0, abs=1e-9)
    prediction[0, 0] += 2
    assert MaskedReconstructionLoss(4)(prediction, image, hidden).item() == pytest.approx(2.0, abs=1e-5)


def test_gradient_reaches_hidden_patches_only():
    prediction = torch.zeros(1, 4, 16, requires_grad=True)
    MaskedReconstructionLoss(4)(
        prediction, torch.rand(1, 1, 8, 8), torch.tensor([[True, False, False, False]])
    ).backward()
    assert prediction.grad[0, 0].abs().sum() > 0 and prediction.grad[0, 1:].abs().sum() == 0


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"match the image's patches \(1, 4, 16\), got \(1, 5, 16\)"):
        MaskedReconstructionLoss(4)(torch.zeros(1, 5, 16), torch.zeros(1, 1, 8, 8), torch.zeros(1, 5, dtype=torch.bool))
