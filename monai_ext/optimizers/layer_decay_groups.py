# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

from torch import nn

__all__ = ["layer_decay_groups"]

_BLOCK = re.compile(r"(?:^|\.)encoder\.blocks\.(\d+)\.")
_BELOW = re.compile(r"(?:^|\.)encoder\.(?:patch_embedding\.|cls_token$)")


def layer_decay_groups(
    network: nn.Module, learning_rate: float, weight_decay: float, layer_decay: float = 0.75
) -> list[dict]:
    """Parameter groups for fine-tuning: the deeper below the task, the slower a layer of the encoder learns.

    The rate of block i of n is learning_rate * layer_decay ** (n + 1 - i), i = 1 ... n; that of the patch embedding and class token is block 0's. The
    encoder's last norm and everything that is no part of `encoder` learn at the full rate. Weight decay spares
    one-dimensional parameters; frozen parameters are left out. A network without `encoder.blocks` learns evenly.

    Args:
        network: may hold an `encoder` with `blocks`, as `VesselSegmenter` does.
        learning_rate: of the task's own layers.
        weight_decay: >= 0.
        layer_decay: factor from layer to layer, in (0, 1]; 1 is the same rate for all.

    Returns:
        Groups with `params`, `lr` and `weight_decay`, for `torch.optim.AdamW`.

    Raises:
        ValueError: if weight_decay is negative or layer_decay out of range.

    References:
        BEiT, arXiv 2106.08254, appendix; Masked Autoencoders, arXiv 2111.06377, table 9.
    """
    if weight_decay < 0:
        raise ValueError(f"weight_decay must be >= 0, got {weight_decay}.")
    if not 0 < layer_decay <= 1:
        raise ValueError(f"layer_decay must lie in (0, 1], got {layer_decay}.")
    named = dict(network.named_parameters())
    blocks = max((int(found[1]) + 1 for name in named if (found := _BLOCK.search(name))), default=0)
    groups: dict[tuple[int, bool], list] = {}
    for name, parameter in named.items():
        if parameter.requires_grad:
            groups.setdefault((_steps_below(name, blocks), parameter.ndim > 1), []).append(parameter)
    return [
        {"params": parameters, "lr": learning_rate * layer_decay**steps, "weight_decay": weight_decay * decays}
        for (steps, decays), parameters in groups.items()
    ]


def _steps_below(name: str, blocks: int) -> int:
    """How many layers lie between a parameter and the task."""
    if found := _BLOCK.search(name):
        return blocks - int(found[1])
    return blocks + 1 if blocks and _BELOW.search(name) else 0
