# SPDX-License-Identifier: Apache-2.0
"""A network as TorchScript, for MONAI Deploy."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from monai.data import save_net_with_metadata
from torch import nn

from ..ops import atomic_file
from .named_outputs import NamedOutputs

__all__ = ["export_torchscript"]


def export_torchscript(
    network: nn.Module,
    path: str | os.PathLike[str],
    *,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a network as a `.ts` file with the metadata of its bundle inside, as `monai.bundle ckpt_export` does, but for any batch and size.

    TorchScript is deprecated; it is what MONAI Deploy loads.

    Args:
        network: float32, on any device, which the file keeps; in evaluation mode from here on.
        path: such as `models/model.ts`; written whole or not at all, its folder is made if missing.
        metadata: of the bundle, which `monai.data.load_net_with_metadata` gives back.
        extra_files: by name, such as `inference.json`.
    """
    module = NamedOutputs(network)
    with atomic_file(path) as temporary, torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that sizes are compared with the patch; that TorchScript is deprecated
        traced = torch.jit.trace(module, (module.example(),), check_trace=False)
        with open(temporary, "wb") as file:
            save_net_with_metadata(
                traced, file, include_config_vals=False, meta_values=metadata, more_extra_files=extra_files
            )
