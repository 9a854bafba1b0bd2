# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["compile_parts"]


def compile_parts(parts: Sequence[Any]) -> None:
    """Lets parts of a training step run compiled from now on: each as one graph of fixed shapes, compiled once.

    They stay what they are, with the same names of weights, so a checkpoint of a compiled run is that of any run. Where a network is wrapped to be
    trained in several processes, the part is the network inside; torch splits its graph where gradients are exchanged.

    Args:
        parts: with `compile`, as every torch module and `PrepareBatch` has it; a part that cannot be one graph fails at its first call.
    """
    for part in parts:
        part.compile(fullgraph=True, dynamic=False)
