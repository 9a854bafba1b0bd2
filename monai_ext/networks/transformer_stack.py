# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from monai.networks.blocks import TransformerBlock
from torch import nn

__all__ = ["transformer_stack"]


def transformer_stack(hidden_size: int, num_layers: int, num_heads: int, mlp_ratio: float = 4.0) -> nn.Sequential:
    """Pre-norm transformer blocks of a masked auto-encoder, with its first weights.

    MONAI's `TransformerBlock` with fused attention. Its norm for cross-attention is removed: it is never used here, and
    a parameter without a gradient stops distributed training. Linear layers start from Xavier's uniform law, biases from 0.

    Args:
        hidden_size: width of a token; num_heads divides it.
        num_layers: number of blocks.
        num_heads: of the attention.
        mlp_ratio: width of the MLP over that of a token.

    Returns:
        The blocks, (batch, tokens, hidden_size) to the same.

    Raises:
        ValueError: if num_heads does not divide hidden_size.

    References:
        Masked Autoencoders, arXiv 2111.06377, appendix A.1.
    """
    if hidden_size % num_heads:
        raise ValueError(f"hidden_size must be a multiple of num_heads, got {hidden_size} and {num_heads}.")
    mlp_dim = round(hidden_size * mlp_ratio)
    return nn.Sequential(*(_block(hidden_size, mlp_dim, num_heads) for _ in range(num_layers)))


def _block(hidden_size: int, mlp_dim: int, num_heads: int) -> TransformerBlock:
    block = TransformerBlock(hidden_size, mlp_dim, num_heads, qkv_bias=True, use_flash_attention=True)
    del block.norm_cross_attn
    block.norm1.eps = block.norm2.eps = 1e-6
    for module in block.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    return block
