# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from torch import nn
from torch.utils.data import Dataset

from .check_processes import check_processes
from .run_plan import RunPlan

__all__ = ["announce_run"]

_LONG = timedelta(hours=1)


def announce_run(
    plan: RunPlan,
    dataset: Dataset,
    network: nn.Module,
    loss_function: Callable,
    prepare_batch: Callable,
    device: torch.device | str,
    knobs: Mapping[str, Any],
    folder: str | os.PathLike[str],
) -> None:
    """Says what a run will do and about how long it takes, before it starts.

    The time is measured on two images. Where there is no GPU and the run would take over an hour, a hint tells of `smoke.json`.
    Rank 0 speaks.

    Args:
        plan: steps, batches and rate.
        dataset: has `describe() -> str`, one line about the data.
        network: the network itself, not wrapped.
        loss_function: of the training.
        prepare_batch: of the training.
        device: where the training runs.
        knobs: what the user may have set; `model`, `image_size` and `precision` are shown.
        folder: of the run.

    Raises:
        RuntimeError: if torchrun started several processes that know nothing of each other.
    """
    device = torch.device(device)  # MONAI Label and command lines hand over its name
    check_processes()
    if idist.get_rank() > 0:
        return
    time = timedelta(seconds=round(plan.seconds(network, loss_function, prepare_batch, dataset, device)))
    parameters = sum(p.numel() for p in network.parameters()) / 1e6
    lines = {
        "data": dataset.describe(),
        "network": f"{knobs.get('model', type(network).__name__)}, {parameters:.1f} M parameters, images of {knobs.get('image_size')} px",
        "steps": plan.describe(),
        "device": f"{_device_name(device)}, {knobs.get('precision', 'fp32')}",
        "time": f"about {time} (measured on two images; a GPU is faster with whole batches)",
        "output": str(Path(folder).resolve()),
    }
    print("\n".join(f"  {name:8} {text}" for name, text in lines.items()), flush=True)
    if device.type == "cpu" and time > _LONG:
        print(
            "  hint     without a GPU this is long; lay configs/smoke.json over it for a run of a minute:\n"
            "           --config_file \"['configs/train.json','configs/smoke.json']\"",
            flush=True,
        )


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
