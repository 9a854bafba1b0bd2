# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

__all__ = ["largest_difference"]

Outputs = Tensor | Sequence[Tensor]


@torch.no_grad()
def largest_difference(
    expected: Callable[[Tensor], Outputs], got: Callable[[Tensor], Outputs], images: Iterable[Tensor]
) -> float:
    """Between the outputs of two networks: absolute, or where an output has values beyond 1, over the largest of them.

    Args:
        expected: one network; one tensor or several come out of it.
        got: the other.
        images: what both look at.

    Returns:
        Infinite if shapes or numbers of outputs differ, or something is nan.
    """
    return max(_of_outputs(_listed(expected(image)), _listed(got(image))) for image in images)


def _of_outputs(expected: Sequence[Tensor], got: Sequence[Tensor]) -> float:
    if [tensor.shape for tensor in expected] != [tensor.shape for tensor in got]:
        return math.inf
    values = ((b - a).abs().max().item() / max(1.0, a.abs().max().item()) for a, b in zip(expected, got, strict=True))
    return max(value if math.isfinite(value) else math.inf for value in values)


def _listed(outputs: Outputs) -> Sequence[Tensor]:
    return [outputs] if isinstance(outputs, Tensor) else outputs
