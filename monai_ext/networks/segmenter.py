# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .conv_block import ConvBlock
from .seeded import seeded
from .unet_decoder import UNetDecoder
from .vit import ViTEncoder

__all__ = ["VesselSegmenter"]


class VesselSegmenter(nn.Module):
    """A pre-trained encoder with a U-net's decoder on its features: vessels, vessel segments or stenoses of an angiogram.

    The encoder's maps after a quarter, half, three quarters and all of its blocks join in at 1/4 and 1/8 of the image's size and, two of them, at that of the
    patches, as in UNETR. Vessels are thinner than a patch, so a few convolutions look at the image itself and join in at 1/2, 1/4 and 1/8:
    what the tokens know of the anatomy meets where exactly the edge lies. The decoder ends at half resolution by default, which saves about a quarter
    of a training step of the tiny network on a CPU, and logits are enlarged to the image.

    Args:
        encoder: of any size; its weights lie under `encoder.` in the state dict.
        out_channels: 1 for a sigmoid, 1 + number of classes for a softmax whose channel 0 is the background.
        width: channels at 1/2 of the image, a multiple of 8; doubled at each halving.
        full_resolution: end at the image's resolution.
        seed: of the decoder's first weights; None draws from torch's global generator.

    Raises:
        ValueError: if the encoder has fewer than four blocks, or 8 does not divide the width.

    References:
        UNETR, arXiv 2103.10504; fine-tuning of VasoMIM, arXiv 2602.11536.
    """

    def __init__(
        self,
        encoder: ViTEncoder,
        out_channels: int = 1,
        *,
        width: int = 24,
        full_resolution: bool = False,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        depth, hidden = len(encoder.blocks), encoder.hidden_size
        if depth < 4:
            raise ValueError(f"encoder must have at least 4 blocks, got {depth}.")
        if width <= 0 or width % 8:
            raise ValueError(f"width must be a positive multiple of 8, got {width}.")
        half, quarter, eighth, deepest = (width * 2**i for i in range(4))
        self.encoder, self.patch_size = encoder, encoder.patch_size
        self.depths = [round(depth * share / 4) for share in (1, 2, 3, 4)]
        with seeded(seed):
            self.norms = nn.ModuleList(nn.GroupNorm(1, hidden) for _ in self.depths[:3])
            self.to_quarter = nn.ConvTranspose2d(hidden, quarter, 4, stride=4)
            self.to_eighth = nn.ConvTranspose2d(hidden, eighth, 2, stride=2)
            self.to_deepest = ConvBlock(2 * hidden, deepest)
            self.full_detail = ConvBlock(encoder.in_channels, half) if full_resolution else None
            self.half_detail = ConvBlock(encoder.in_channels, half, stride=2)
            self.quarter_detail = ConvBlock(half, quarter, stride=2)
            self.eighth_detail = ConvBlock(quarter, eighth, stride=2)
            skips = [deepest, 2 * eighth, 2 * quarter, half] + [half] * full_resolution
            self.decoder = UNetDecoder(skips, [eighth, quarter, half] + [half] * full_resolution)
            self.head = nn.Conv2d(half, out_channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits of an image.

        Args:
            image: (batch, in_channels, height, width), standardised; the patch divides both sides.

        Returns:
            (batch, out_channels, height, width).

        Raises:
            ValueError: if the patch does not divide the image.
        """
        *maps, fourth = self.encoder.maps(image, self.depths)
        first, second, third = (norm(features) for norm, features in zip(self.norms, maps, strict=True))
        half = self.half_detail(image)
        quarter = self.quarter_detail(half)
        eighth = self.eighth_detail(quarter)
        maps = [
            self.to_deepest(torch.cat([third, fourth], dim=1)),
            _join(eighth, self.to_eighth(second), self.patch_size),
            _join(quarter, self.to_quarter(first), self.patch_size),
            half,
            *([self.full_detail(image)] if self.full_detail is not None else []),
        ]
        return F.interpolate(self.head(self.decoder(maps)), image.shape[-2:], mode="bilinear")


def _join(detail: Tensor, context: Tensor, patch_size: int) -> Tensor:
    """Channels of both; patches of 14 pixels do not halve evenly, so the context takes the detail's size."""
    if patch_size != 16:  # not "if the sizes differ": an exported network must not depend on the size of its example
        context = F.interpolate(context, detail.shape[-2:], mode="bilinear")
    return torch.cat([detail, context], dim=1)
