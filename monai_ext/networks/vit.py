# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor, nn

from ..ops import patch_grid, sincos_positions
from .seeded import seeded
from .transformer_stack import transformer_stack

__all__ = ["ViTEncoder"]


class ViTEncoder(nn.Module):
    """Vision transformer: the encoder that pre-training makes and that every task starts from.

    Positions are fixed sines and cosines computed for the grid at hand, so any rectangular image is taken that the patch
    divides, and they are no part of the weights.

    Args:
        in_channels: of the image.
        patch_size: side of a patch in pixels.
        hidden_size: width of a token; a multiple of 4 and of num_heads.
        num_layers: number of transformer blocks.
        num_heads: of the attention.
        mlp_ratio: width of the MLP over that of a token.
        seed: of the first weights; None draws from torch's global generator, as any torch layer does.

    References:
        ViT, arXiv 2010.11929; Masked Autoencoders, arXiv 2111.06377.
    """

    def __init__(
        self,
        in_channels: int = 1,
        patch_size: int = 16,
        hidden_size: int = 768,
        num_layers: int = 12,
        num_heads: int = 12,
        mlp_ratio: float = 4.0,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.patch_size, self.hidden_size = in_channels, patch_size, hidden_size
        with seeded(seed):
            self.patch_embedding = nn.Conv2d(in_channels, hidden_size, patch_size, stride=patch_size)
            nn.init.xavier_uniform_(self.patch_embedding.weight.data.flatten(1))  # as the linear layer that it is
            nn.init.zeros_(self.patch_embedding.bias)
            self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, hidden_size))
            self.blocks = transformer_stack(hidden_size, num_layers, num_heads, mlp_ratio)
            self.norm = nn.LayerNorm(hidden_size, eps=1e-6)

    def forward(self, image: Tensor) -> Tensor:
        """Feature map of an image.

        Args:
            image: (batch, in_channels, height, width), standardised; the patch divides both sides.

        Returns:
            (batch, hidden_size, height / patch_size, width / patch_size).

        Raises:
            ValueError: if the patch does not divide the image.
        """
        grid = patch_grid(image.shape[-2], image.shape[-1], self.patch_size)
        return self.tokens(image)[:, 1:].transpose(1, 2).unflatten(2, grid)

    def tokens(self, image: Tensor, visible: Tensor | None = None) -> Tensor:
        """Encoded class token and patches, of which some may be left out.

        Args:
            image: (batch, in_channels, height, width), standardised; the patch divides both sides.
            visible: (batch, n), int64, the patches to encode, counted row by row; all when left out.

        Returns:
            (batch, 1 + n, hidden_size): the class token, then the patches in the order of `visible`.

        Raises:
            ValueError: if the patch does not divide the image.
        """
        return self.norm(self.blocks(self.embed(image, visible)))

    def embed(self, image: Tensor, visible: Tensor | None = None) -> Tensor:
        """What the first block sees: class token and patches, with their positions; arguments and shape as `tokens`."""
        rows, columns = patch_grid(image.shape[-2], image.shape[-1], self.patch_size)
        positions = sincos_positions(rows, columns, self.hidden_size, cls_token=False, device=image.device)
        patches = self.patch_embedding(image).flatten(2).transpose(1, 2) + positions.to(self.cls_token.dtype)
        if visible is not None:
            patches = patches.gather(1, visible.unsqueeze(2).expand(-1, -1, self.hidden_size))
        return torch.cat([self.cls_token.expand(len(image), -1, -1), patches], dim=1)
