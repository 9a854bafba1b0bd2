# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine

from monai_ext.ops import code_revision

__all__ = ["run_environment"]

_PACKAGES = ("monai_ext", "torch", "monai", "pytorch-ignite", "numpy")


def run_environment(engine: Engine) -> dict[str, Any]:
    """What a run runs on: device, processes, system, versions of the packages, git revision of the code.

    Returns:
        Words, and one number: `processes`.
    """
    device = torch.device(getattr(engine.state, "device", None) or "cpu")
    hardware = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    return {
        "device": f"{device.type} ({hardware})",
        "processes": idist.get_world_size(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
        "revision": code_revision() or "not a checkout",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
