# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import torch

__all__ = ["step_memory"]


def step_memory(step: Callable[[], object], device: torch.device) -> float:
    """GB (10^9 bytes) that a step takes at most, above what is held when it begins.

    On a GPU what torch's allocator hands out; on a CPU the resident memory of the process, whose peak Linux forgets on demand; nan elsewhere.

    Args:
        step: what to run; it has run before.
        device: where it works.
    """
    return _on_gpu(step) if device.type == "cuda" else _on_cpu(step)


def _on_gpu(step: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 1e9


def _on_cpu(step: Callable[[], object]) -> float:
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not forget.exists():
        return float("nan")
    ctypes.CDLL(None).malloc_trim(0)
    forget.write_text("5")
    before = _kilobytes("VmRSS", status)
    step()
    return (_kilobytes("VmHWM", status) - before) * 1024 / 1e9


def _kilobytes(name: str, status: Path) -> int:
    return int(re.search(rf"{name}:\s+(\d+)", status.read_text()).group(1))
