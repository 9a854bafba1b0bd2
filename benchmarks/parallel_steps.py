# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from bundle_steps import BundleSteps
from cost_model import BUCKET
from timing import interleaved_medians

__all__ = ["parallel_steps"]


def parallel_steps(processes: int, rounds: int, **knobs: Any) -> dict[str, float]:
    """A step in several processes on this machine, and what it is made of, taken in turn.

    Args:
        processes: how many; one a GPU, or CPU processes of one thread over gloo.
        rounds: timed steps of each kind; the medians count.
        **knobs: of `BundleSteps`.

    Returns:
        Seconds: `alone`, all processes at work and none averages; `all_reduce`, all gradients in buckets; `step`, the real one.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "result")
        arguments = (processes, rounds, f"file://{folder}/meeting", file, knobs)
        torch.multiprocessing.spawn(_measure, arguments, nprocs=processes)
        return torch.load(file, weights_only=True)


def _measure(rank: int, processes: int, rounds: int, meeting: str, file: Path, knobs: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(rank)
    device = torch.device("cuda", rank) if cuda else torch.device("cpu")
    alone = BundleSteps(**knobs, device=device)
    dist.init_process_group("nccl" if cuda else "gloo", meeting, rank=rank, world_size=processes)
    shared = BundleSteps(
        "multi_gpu_train.json", **knobs | {"batch_size": knobs["batch_size"] * processes, "device": device}
    )
    buckets = _buckets(shared, device)
    calls = {"alone": lambda: alone.run(1), "all_reduce": lambda: _all_reduce(buckets), "step": lambda: shared.run(1)}
    medians = interleaved_medians([partial(_together, call) for call in calls.values()], rounds)
    seconds = dict(zip(calls, medians, strict=True))
    if rank == 0:  # its clock ran until the last barrier, so the slowest is in it
        torch.save(seconds, file)
    dist.barrier()
    dist.destroy_process_group()


def _together(call: Callable[[], None]) -> None:
    dist.barrier()
    call()
    dist.barrier()


def _buckets(steps: BundleSteps, device: torch.device) -> list[torch.Tensor]:
    numbers = sum(parameter.numel() for parameter in steps.trainer.network.parameters() if parameter.requires_grad)
    return [torch.zeros(min(BUCKET // 4, numbers - start), device=device) for start in range(0, numbers, BUCKET // 4)]


def _all_reduce(buckets: list[torch.Tensor]) -> None:
    for work in [dist.all_reduce(bucket, async_op=True) for bucket in buckets]:
        work.wait()
    if buckets[0].is_cuda:
        torch.cuda.synchronize()
