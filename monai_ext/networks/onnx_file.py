# SPDX-License-Identifier: Apache-2.0
"""A network as an ONNX file, for runtimes without torch."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch
from torch import nn

from ..ops import atomic_file

__all__ = ["export_onnx"]

_DYNAMIC = {0: "batch", 2: "height", 3: "width"}
_EXAMPLE = (
    2,
    4,
    6,
)  # images, and patches along rows and columns: all different, so that none is taken for another or for a constant
_MOST_BYTES = 2**31 - 2**24  # what a file may hold by the format, less the graph


def export_onnx(
    network: nn.Module, path: str | os.PathLike[str], *, in_channels: int = 1, patch_size: int = 16
) -> None:
    """Write a network as one ONNX file that takes any batch, height and width.

    Its input is `image` (batch, in_channels, height, width), float32, standardised, whose sides the patch divides; its output `pred`, the logits.
    Resizing is not part of it, see `AngiogramInferer`.

    Args:
        network: float32, on any device; in evaluation mode from here on.
        path: such as `models/model.onnx`; written whole or not at all, its folder is made if missing.
        in_channels: of the image.
        patch_size: of the network.

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
    batch, rows, columns = _EXAMPLE
    device = next(network.parameters()).device
    image = torch.zeros(batch, in_channels, rows * patch_size, columns * patch_size, device=device)
    with atomic_file(path) as temporary, torch.no_grad():
        torch.onnx.export(
            network.eval(), (image,), temporary, input_names=["image"], output_names=["pred"],
            dynamo=True, dynamic_shapes=(_DYNAMIC,), external_data=False, verbose=False,
        )  # fmt: skip
