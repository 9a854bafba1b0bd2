# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch

__all__ = ["autocast_dtype"]

_TYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast_dtype(precision: str, device: torch.device | str) -> torch.dtype | None:
    """Type of the automatic mixed precision that a word asks for.

    Args:
        precision: fp32, bf16 or fp16.
        device: of the training.

    Returns:
        None for fp32.

    Raises:
        ValueError: if the word is another one, or the device has only fp32 (MONAI's trainer casts on CUDA devices alone).
    """
    if precision not in _TYPES:
        raise ValueError(f"precision must be one of {', '.join(_TYPES)}, got {precision!r}.")
    device = torch.device(device)
    if _TYPES[precision] is not None and device.type != "cuda":
        raise ValueError(f"precision must be fp32 on a {device.type.upper()}, got {precision!r}.")
    return _TYPES[precision]
