# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monai_ext.networks import UNeXt

__all__ = ["PlainUNeXt"]


class PlainUNeXt(nn.Module):
    """A trained UNeXt computed the usual way: maps in torch's default memory, batch norm after each convolution, MLPs on copied tokens.

    It gives the logits of the network that it is made of.

    Args:
        network: weights, by reference; frozen, in evaluation mode.
    """

    def __init__(self, network: UNeXt) -> None:
        super().__init__()
        self.parts = network.to(memory_format=torch.contiguous_format).requires_grad_(False).eval()

    def forward(self, image: Tensor) -> Tensor:
        """Logits (batch, 1, height, width) of (batch, channels, height, width), standardised."""
        n = self.parts
        t1 = F.relu(F.max_pool2d(n.ebn1(n.encoder1(image)), 2))
        t2 = F.relu(F.max_pool2d(n.ebn2(n.encoder2(t1)), 2))
        t3 = F.relu(F.max_pool2d(n.ebn3(n.encoder3(t2)), 2))
        t4 = _mixed(n.norm3, n.block1[0], _embedded(n.patch_embed3, t3))
        bottom = _mixed(n.norm4, n.block2[0], _embedded(n.patch_embed4, t4))
        x = _mixed(n.dnorm3, n.dblock1[0], F.relu(_larger(n.dbn1(n.decoder1(bottom)))) + t4)
        x = _mixed(n.dnorm4, n.dblock2[0], F.relu(_larger(n.dbn2(n.decoder2(x)))) + t3)
        x = F.relu(_larger(n.dbn3(n.decoder3(x)))) + t2
        x = F.relu(_larger(n.dbn4(n.decoder4(x)))) + t1
        return n.final(F.relu(_larger(n.decoder5(x))))


def _larger(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _tokens(x: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, pixels, channels)."""
    return x.flatten(2).transpose(1, 2)


def _map(tokens: Tensor, like: Tensor) -> Tensor:
    """Back to (batch, channels, height, width), copied."""
    return tokens.transpose(1, 2).reshape(len(like), -1, *like.shape[2:]).contiguous()


def _embedded(embedding: nn.Module, x: Tensor) -> Tensor:
    x = embedding.proj(x)
    return _map(embedding.norm(_tokens(x)), x)


def _mixed(norm: nn.Module, block: nn.Module, x: Tensor) -> Tensor:
    """A shifted block, then the norm of its stage."""
    tokens = _tokens(x)
    y = block.mlp.fc1(_tokens(_shifted(_map(block.norm2(tokens), x), dim=2)))
    y = F.gelu(block.mlp.dwconv(_map(y, x)))
    tokens = tokens + block.mlp.fc2(_tokens(_shifted(y, dim=3)))
    return _map(norm(tokens), x)


def _shifted(x: Tensor, dim: int) -> Tensor:
    """The k-th fifth of the channels rolled by k - 2 pixels in a padded map, then cut."""
    parts = F.pad(x, (2, 2, 2, 2)).chunk(5, dim=1)
    rolled = torch.cat([part.roll(k - 2, dim) for k, part in enumerate(parts)], dim=1)
    return rolled[:, :, 2:-2, 2:-2].contiguous()
