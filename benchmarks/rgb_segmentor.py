# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from monai_ext.networks import UNeXt

__all__ = ["rgb_segmentor"]


def rgb_segmentor(segmentor: UNeXt) -> UNeXt:
    """A segmentor of three channels that answers to three equal ones as this one, of one channel, does to it; frozen."""
    weights = dict(segmentor.state_dict())
    weights["encoder1.weight"] = weights["encoder1.weight"].repeat(1, 3, 1, 1) / 3
    network = UNeXt(3, seed=0)
    network.load_state_dict(weights)
    return network.requires_grad_(False).eval()
