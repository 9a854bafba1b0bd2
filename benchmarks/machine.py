# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

__all__ = ["describe_machine"]


def describe_machine() -> str:
    """One line that belongs beside every timing: processor, cores, threads, versions, and the GPU if there is one."""
    parts = [
        _processor(),
        f"{os.cpu_count()} cores, {torch.get_num_threads()} thread(s)",
        f"Python {platform.python_version()}, torch {torch.__version__}",
    ]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return " | ".join(parts)


def _processor() -> str:
    """The model as Linux gives it; what Python knows elsewhere."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
