# SPDX-License-Identifier: Apache-2.0
import published_step
import pytest
import torch
from published_step import PublishedStep
from rgb_segmentor import rgb_segmentor

from monai_ext.losses import VasoMIMLoss
from monai_ext.networks import UNeXt, masked_autoencoder

HIDDEN = torch.tensor([[True, False] * 8, [False] * 8 + [True] * 8])


def made() -> tuple[PublishedStep, torch.Tensor]:
    image, segmentor = torch.randn(2, 1, 64, 64), UNeXt(seed=1).eval()
    return PublishedStep("tiny", image, image > 1, segmentor, torch.device("cpu")), image


def test_losses_are_those_of_our_parts_on_the_same_mask(monkeypatch):
    monkeypatch.setattr(published_step, "looped_mask", lambda share, **_: HIDDEN)
    step, image = made()
    step()
    segmentor, rgb = rgb_segmentor(UNeXt(seed=1)), image.repeat(1, 3, 1, 1)
    loss = VasoMIMLoss(16, segmentor)
    network = masked_autoencoder("tiny", in_channels=3, seed=0)
    whole = loss(network(rgb, HIDDEN), {"image": rgb, "hidden": HIDDEN, "probability": segmentor(rgb).sigmoid()})
    assert step.losses == pytest.approx([float(whole.detach()), *map(float, loss.parts.values())], rel=1e-4)


def test_it_trains_the_network_and_not_the_segmentor():
    step, _ = made()
    before = [[p.clone() for p in module.parameters()] for module in (step.network, step.segmentor)]
    first = [step() or step.losses[0] for _ in range(4)]
    for old, module, moved in zip(before, (step.network, step.segmentor), (True, False), strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(old, module.parameters(), strict=True)) == moved
    assert first[-1] < first[0]
