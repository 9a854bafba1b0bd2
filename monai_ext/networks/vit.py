# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from monai.networks.layers import DropPath
from torch import Tensor, nn

from ..ops import patch_grid, sincos_positions
from .attention_windows import AttentionWindows
from .seeded import seeded
from .transformer_stack import transformer_stack

__all__ = ["ViTEncoder"]


class ViTEncoder(nn.Module):
    """Vision transformer: the encoder that pre-training makes and that every task starts from.

    Positions are fixed sines and cosines computed for the grid at hand, so any rectangular image is taken that the patch
    divides, and they are no part of the weights.

    While training, block i of n is skipped for an image with probability drop_path * (i - 1) / (n - 1), drawn from torch's global
    generator as dropout is.

    Args:
        in_channels: of the image.
        patch_size: side of a patch in pixels.
        hidden_size: width of a token; a multiple of 4 and of num_heads.
        num_layers: number of transformer blocks.
        num_heads: of the attention.
        mlp_ratio: width of the MLP over that of a token.
        drop_path: probability that the last block is skipped while training, in [0, 1).
        position_grid: patches a side that positions are interpolated from (14 for weights pre-trained at 224 px with patches of 16), so
            that a larger image meets no position that the weights have not seen; None counts patches. See `sincos_positions`.
        window: side in patches of the windows within which patches see each other where `maps` looks at a larger image, so that memory and
            time of a block grow with its area, see `AttentionWindows`; the last block of each quarter still sees everything. None: all do.
        seed: of the first weights; None draws from torch's global generator, as any torch layer does.

    Raises:
        ValueError: if drop_path is out of range, or position_grid or window is not positive.

    References:
        ViT, arXiv 2010.11929; Masked Autoencoders, arXiv 2111.06377; stochastic depth, arXiv 1603.09382; windows with four global blocks,
        ViTDet, arXiv 2203.16527.
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
        drop_path: float = 0.0,
        position_grid: int | None = None,
        window: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= drop_path < 1:
            raise ValueError(f"drop_path must lie in [0, 1), got {drop_path}.")
        if position_grid is not None and position_grid < 1:
            raise ValueError(f"position_grid must be at least 1, got {position_grid}; leave it out to count patches.")
        if window is not None and window < 1:
            raise ValueError(f"window must be at least 1 patch, got {window}; leave it out to let all patches see all.")
        self.in_channels, self.patch_size, self.hidden_size = in_channels, patch_size, hidden_size
        self.position_grid, self.window = position_grid, window
        self.global_blocks = {round(num_layers * quarter / 4) for quarter in (1, 2, 3, 4)}
        with seeded(seed):
            self.patch_embedding = nn.Conv2d(in_channels, hidden_size, patch_size, stride=patch_size)
            nn.init.xavier_uniform_(self.patch_embedding.weight.data.flatten(1))  # as the linear layer that it is
            nn.init.zeros_(self.patch_embedding.bias)
            self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, hidden_size))
            self.blocks = transformer_stack(hidden_size, num_layers, num_heads, mlp_ratio)
            self.norm = nn.LayerNorm(hidden_size, eps=1e-6)
        self.drop_paths = nn.ModuleList(DropPath(drop_path * i / max(1, num_layers - 1)) for i in range(num_layers))

    def forward(self, image: Tensor) -> Tensor:
        """Feature map of an image.

        Args:
            image: (batch, in_channels, height, width), standardised; the patch divides both sides.

        Returns:
            (batch, hidden_size, height / patch_size, width / patch_size).

        Raises:
            ValueError: if the patch does not divide the image.
        """
        return self.maps(image, [len(self.blocks)])[0]

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
        for last in self.layers(self.embed(image, visible)):  # noqa: B007
            pass  # a list would hold the tokens of every block
        return self.norm(last)

    def layers(self, tokens: Tensor, windows: AttentionWindows | None = None) -> Iterator[Tensor]:
        """What comes out of each block in turn; tokens as `embed` gives them, which see each other within the windows if there are any."""
        for number, (block, drop_path) in enumerate(zip(self.blocks, self.drop_paths, strict=True), 1):
            local = windows is not None and number not in self.global_blocks
            seen = windows(block, tokens) if local else block(tokens)
            tokens = tokens + drop_path(seen - tokens) if self.training and drop_path.drop_prob > 0 else seen
            yield tokens

    def maps(self, image: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """Feature maps after some of the blocks; after the last one they are those of `forward`.

        Args:
            image: as in `forward`.
            layers: numbers of blocks from 1, in rising order.

        Returns:
            One (batch, hidden_size, height / patch_size, width / patch_size) a layer, that of the last block normalised.

        Raises:
            ValueError: if the patch does not divide the image, or the layers are none of the blocks in rising order.
        """
        if not layers or list(layers) != [number for number in range(1, len(self.blocks) + 1) if number in layers]:
            raise ValueError(
                f"layers must be numbers of blocks from 1 to {len(self.blocks)}, each once, in rising order, got {list(layers)}."
            )
        grid = patch_grid(image.shape[-2], image.shape[-1], self.patch_size)
        windows = AttentionWindows(*grid, self.window, image.device) if self.window is not None else None
        kept = [tokens for number, tokens in enumerate(self.layers(self.embed(image), windows), 1) if number in layers]
        if len(self.blocks) in layers:
            kept[-1] = self.norm(kept[-1])
        return [tokens[:, 1:].transpose(1, 2).unflatten(2, grid) for tokens in kept]

    def embed(self, image: Tensor, visible: Tensor | None = None) -> Tensor:
        """What the first block sees: class token and patches, with their positions; arguments and shape as `tokens`."""
        rows, columns = patch_grid(image.shape[-2], image.shape[-1], self.patch_size)
        positions = sincos_positions(
            rows, columns, self.hidden_size, cls_token=False, grid=self.position_grid, device=image.device
        )
        patches = self.patch_embedding(image).flatten(2).transpose(1, 2) + positions.to(self.cls_token.dtype)
        if visible is not None:
            patches = patches.gather(1, visible.unsqueeze(2).expand(-1, -1, self.hidden_size))
        return torch.cat([self.cls_token.expand(image.shape[0], -1, -1), patches], dim=1)
