# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

__all__ = ["compile_parts"]


def compile_parts(parts: Sequence[Any]) -> None:
    """Lets parts of a training step run compiled from now on: each as one graph of fixed shapes, compiled once. Evaluation, whose images may have many sizes, stays as it is.

    They stay what they are, with the same names of weights, so a checkpoint of a compiled run is that of any run. Where a network is wrapped to be
    trained in several processes, the part is the network inside; torch splits its graph where gradients are exchanged.

    Args:
        parts: torch modules, and what has `compile`, as `PrepareBatch` has; a part that cannot be one graph fails at its first call.
    """
    options = {"fullgraph": True, "dynamic": False}
    for part in parts:
        if isinstance(part, nn.Module):
            part.forward = _while_training(part, part.forward, torch.compile(part.forward, **options))
        else:
            part.compile(**options)


def _while_training(part: nn.Module, plain: Callable, compiled: Callable) -> Callable:
    def forward(*args: Any, **kwargs: Any) -> Any:
        return (compiled if part.training else plain)(*args, **kwargs)

    return forward
