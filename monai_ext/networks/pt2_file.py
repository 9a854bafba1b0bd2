# SPDX-License-Identifier: Apache-2.0
"""A network as a file of `torch.export`, which runs with torch alone."""

from __future__ import annotations

import os

import torch
from torch import nn
from torch.export import Dim

from ..ops import atomic_file
from .named_outputs import NamedOutputs

__all__ = ["export_pt2"]


def export_pt2(network: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a network as a `.pt2` file: `torch.export.load(path).module()` needs none of our code.

    Any batch; height and width are any multiples of the patch from two on, and with attention windows from the first that is larger than a
    window: `torch.export` takes a length of 1 for a constant.

    Args:
        network: float32, on any device, which the file keeps; in evaluation mode from here on.
        path: such as `models/model.pt2`; written whole or not at all, its folder is made if missing.
    """
    module = NamedOutputs(network)
    shape = {0: Dim("batch"), 2: module.multiple * Dim("rows"), 3: module.multiple * Dim("columns")}
    with atomic_file(path) as temporary, torch.no_grad():
        program = torch.export.export(module, (module.example(),), dynamic_shapes=({**shape},))
        with open(temporary, "wb") as file:  # by a name it warns about any suffix but pt2
            torch.export.save(program, file)
