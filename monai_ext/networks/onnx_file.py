# SPDX-License-Identifier: Apache-2.0
"""A network as an ONNX file, for runtimes without torch."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch
from torch import nn

from ..ops import atomic_file
from .named_outputs import NamedOutputs

__all__ = ["export_onnx"]

_DYNAMIC = {0: "batch", 2: "height", 3: "width"}
_MOST_BYTES = 2**31 - 2**24  # what a file may hold by the format, less the graph


def export_onnx(network: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a network as one ONNX file that takes any batch, height and width.

    Its input is `image` (batch, channels, height, width), float32, standardised, whose sides the patch divides; its output `pred`, the logits or
    features, or those of `NamedOutputs`. Resizing is not part of it, see `AngiogramInferer`.

    Args:
        network: float32, on any device; in evaluation mode from here on.
        path: such as `models/model.onnx`; written whole or not at all, its folder is made if missing.

    Raises:
        ImportError: without onnx and onnxscript.
        ValueError: if the weights are too large for one file of this format.
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ImportError(f"ONNX needs {' and '.join(missing)}, not installed; pip install 'monai_ext[export]'.")
    size = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    if size > _MOST_BYTES:
        raise ValueError(f"an ONNX file holds at most 2 GB, got {size / 1e9:.1f} GB of weights; take a smaller model.")
    module = NamedOutputs(network)
    with atomic_file(path) as temporary, torch.no_grad():
        torch.onnx.export(
            module, (module.example(),), temporary, input_names=["image"], output_names=list(module.names),
            dynamo=True, dynamic_shapes=(_DYNAMIC,), external_data=False, verbose=False,
        )  # fmt: skip
