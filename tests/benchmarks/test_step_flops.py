# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from matmul_attention import matmul_attention
from step_flops import step_flops
from torch.utils.flop_counter import FlopCounterMode

from monai_ext.losses import VasoMIMLoss
from monai_ext.networks import UNeXt, masked_autoencoder


def counted(network, segmentor, height: int, width: int, ratio: float) -> float:
    """Of a step on one image, as torch counts it; attention by products, since those it knows on every device."""
    image = torch.randn(1, network.encoder.in_channels, height, width)
    patches = height * width // network.patch_size**2
    hidden = torch.arange(patches)[None] < int(ratio * patches)
    loss = VasoMIMLoss(network.patch_size, segmentor, consistency_weight=0 if segmentor is None else 1)
    with FlopCounterMode(display=False) as counter:
        targets = {"image": image, "hidden": hidden}
        if segmentor is not None:
            with torch.no_grad():
                targets["probability"] = segmentor(image).sigmoid()
        loss(matmul_attention(network)(image, hidden, int(hidden.sum())), targets).backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("ratio", [0.5, 0.75])
def test_count_is_that_of_torch(ratio):
    network, segmentor = masked_autoencoder("tiny", seed=0), UNeXt(seed=0)
    parts = step_flops(network, segmentor, (64, 96), ratio)
    assert sum(parts.values()) == counted(network, segmentor, 64, 96, ratio)


def test_three_channels_and_no_segmentor_are_counted():
    network = masked_autoencoder("tiny", in_channels=3, seed=0)
    assert sum(step_flops(network, None, (64, 64)).values()) == counted(network, None, 64, 64, 0.5)


def test_paper_network_needs_84_gflop_an_image():
    """ViT-B/16 at 224 px with a decoder of 8 blocks of 512: 27.9 GFLOP forward, three times that, and S."""
    with torch.device("meta"):
        network = masked_autoencoder("base")
    parts = step_flops(network, UNeXt(), (224, 224))
    assert sum(parts.values()) == pytest.approx(84.14e9, rel=1e-3) and parts["segmentor"] < 0.5e9
