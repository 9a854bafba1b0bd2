# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Callable

import torch

__all__ = ["peak_flops"]

_DENSE = {"H200": 989e12, "H100 PCIe": 756e12, "H100 NVL": 835e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12}
_SIDE, _REPEATS = 2048, 7


def peak_flops(device: torch.device, clock: Callable[[], float] = time.perf_counter) -> tuple[float, str]:
    """FLOP/s that a device can reach at most, and where the number is from.

    Of a known GPU the maker's for dense bf16 products; else the best of some square fp32 products measured now (on a GPU: bf16).

    Args:
        device: of the step.
        clock: what seconds are read from.
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    for part, peak in _DENSE.items():
        if part in name:
            return peak, f"{peak / 1e12:.0f} TFLOP/s, dense bf16 of the {part} by its maker"
    measured = _measured(device, clock)
    return (
        measured,
        f"{measured / 1e9:.0f} GFLOP/s, best of {_REPEATS} products of {_SIDE}x{_SIDE} matrices on this machine",
    )


def _measured(device: torch.device, clock: Callable[[], float]) -> float:
    matrix = torch.ones(_SIDE, _SIDE, device=device, dtype=torch.bfloat16 if device.type == "cuda" else torch.float32)
    best = float("inf")
    for _ in range(_REPEATS):
        start = clock()
        (matrix @ matrix)[0, 0].item()
        best = min(best, clock() - start)
    return 2 * _SIDE**3 / best
