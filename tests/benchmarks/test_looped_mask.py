# SPDX-License-Identifier: Apache-2.0
import torch
from looped_mask import looped_mask


def test_counts_are_exact_and_guided_patches_come_first():
    """Eight of 16 hidden, half of them guided; guidance on four patches alone hides all four."""
    guidance = torch.zeros(5, 16)
    guidance[:, :4] = torch.rand(5, 4) + 0.1
    mask = looped_mask(guidance, mask_ratio=0.5, guided_share=0.5, generator=torch.Generator().manual_seed(0))
    assert mask.dtype == torch.bool and (mask.sum(dim=1) == 8).all() and mask[:, :4].all()


def test_without_guidance_all_are_uniform():
    mask = looped_mask(
        torch.zeros(3, 16), mask_ratio=0.25, guided_share=1.0, generator=torch.Generator().manual_seed(0)
    )
    assert (mask.sum(dim=1) == 4).all()
