# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import nn

__all__ = ["weight_decay_groups"]


def weight_decay_groups(network: nn.Module, weight_decay: float) -> list[dict]:
    """Parameter groups for an optimiser: decay on matrices and kernels, none on one-dimensional parameters.

    One-dimensional parameters are biases and the scales of norms; frozen parameters are left out.

    Args:
        network: whose parameters to group.
        weight_decay: >= 0.

    Returns:
        Two groups, with decay and without, for `torch.optim.AdamW`.

    Raises:
        ValueError: if weight_decay is negative.
    """
    if weight_decay < 0:
        raise ValueError(f"weight_decay must be >= 0, got {weight_decay}.")
    groups: tuple[list, list] = ([], [])
    for parameter in network.parameters():
        if parameter.requires_grad:
            groups[parameter.ndim <= 1].append(parameter)
    return [{"params": groups[0], "weight_decay": weight_decay}, {"params": groups[1], "weight_decay": 0.0}]
