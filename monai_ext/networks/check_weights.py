# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor

__all__ = ["check_weights"]

SHOWN = 12  # names of a kind in a message; a whole ViT has 150


def check_weights(expected: Mapping[str, Tensor], given: Mapping[str, Tensor], *, of: str) -> None:
    """Demands that weights cover a network fully and exactly, and says what differs.

    Args:
        expected: the network's own state dict.
        given: the weights to load, under the network's names.
        of: what they are, for the message: "UNeXt", "encoder".

    Raises:
        ValueError: lists the tensors that are missing, of another shape, or unknown.
    """
    missing = [name for name in expected if name not in given]
    unexpected = [name for name in given if name not in expected]
    misshapen = [
        f"{name} (expected {_shape(expected[name])}, got {_shape(given[name])})"
        for name in expected
        if name in given and expected[name].shape != given[name].shape
    ]
    kinds = [("missing", missing), ("of another shape", misshapen), ("unexpected", unexpected)]
    lines = [f"  {len(names)} {kind}: {_shorten(names)}" for kind, names in kinds if names]
    if lines:
        raise ValueError(
            "\n".join([f"weights must fit the {of} tensor by tensor, got {len(given)} for {len(expected)}:", *lines])
        )


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _shorten(names: Iterable[str]) -> str:
    names = list(names)
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest
