# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import transformer_stack


def test_shape_stays_and_every_parameter_is_used():
    stack = transformer_stack(8, num_layers=3, num_heads=2)
    tokens = torch.rand(2, 5, 8)
    assert stack(tokens).shape == tokens.shape
    stack(tokens).square().sum().backward()
    assert all(p.grad is not None for p in stack.parameters())


def test_first_weights_follow_xavier():
    """Variance of Xavier's uniform law: 2 / (inputs + outputs); for qkv the outputs are three times the width."""
    block = transformer_stack(64, num_layers=1, num_heads=4)[0]
    assert block.attn.qkv.weight.var().item() == pytest.approx(2 / (64 + 192), rel=0.1)
    assert block.mlp.linear1.weight.var().item() == pytest.approx(2 / (64 + 256), rel=0.1)
    assert block.attn.qkv.bias.abs().max() == 0
    assert block.norm1.eps == block.norm2.eps == 1e-6


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match=r"multiple of num_heads, got 8 and 3"):
        transformer_stack(8, num_layers=1, num_heads=3)
