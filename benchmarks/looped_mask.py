# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["looped_mask"]


def looped_mask(
    guidance: Tensor, *, mask_ratio: float, guided_share: float, generator: torch.Generator | None = None
) -> Tensor:
    """`ops.guided_mask` the usual way, written out: for each image a multinomial draw, then a random permutation of what is left.

    Args:
        guidance: (batch, patches), >= 0.
        mask_ratio: share of patches to hide.
        guided_share: share of the hidden patches to draw by guidance.
        generator: source of randomness, on the CPU; torch's global ones when left out. On a GPU each image waits for the device.

    Returns:
        (batch, patches), bool, True = hidden.
    """
    masks = []
    for shares in guidance:
        patches = len(shares)
        count = math.floor(mask_ratio * patches)
        guided = min(math.floor(guided_share * mask_ratio * patches), int((shares > 0).sum().item()))
        chosen = torch.multinomial(shares, guided, replacement=False, generator=generator).tolist() if guided else []
        taken = set(chosen)
        others = torch.tensor([i for i in range(patches) if i not in taken])
        order = torch.randperm(len(others), generator=generator)[: count - guided]
        mask = torch.zeros(patches, dtype=torch.bool, device=guidance.device)
        mask[chosen] = True
        mask[others[order].to(guidance.device)] = True
        masks.append(mask)
    return torch.stack(masks)
