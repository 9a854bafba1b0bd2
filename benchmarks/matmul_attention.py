# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TypeVar

from monai.networks.blocks import SABlock
from torch import nn

__all__ = ["matmul_attention"]

_Network = TypeVar("_Network", bound=nn.Module)


def matmul_attention(network: _Network) -> _Network:
    """Attention by two matrix products and a softmax (einsum) in all blocks of a network, which is changed and handed back."""
    for module in network.modules():
        if isinstance(module, SABlock):
            module.use_flash_attention = False
    return network
