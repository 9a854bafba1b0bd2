# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

__all__ = ["step_profile"]

_STEPS, _DEAREST = 3, 10
_GROUPS = {
    "fused by the compiler": r"^triton",
    "attention": r"flash|fmha|attention|softmax|sdpa",
    "convolutions": r"conv|cudnn|implicit|dgrad|wgrad",
    "matrix products": r"gemm|addmm|::mm|::bmm|matmul|linear|cutlass|nvjet|cublas|splitk|xmma",
    "optimiser": r"adam|multi_tensor|foreach|lerp|addc|sqrt",
    "sorts and gathers": r"sort|topk|gather|scatter|index|radix|embedding|multinomial|take",
    "copies": r"memcpy|memset|copy|::cat|pin",
    "norms": r"norm",
    "reductions": r"reduce|::sum|::mean|::var",
    "element by element": r"elementwise|gelu|relu|::add|::mul|::div|::sub|interpolate|upsample|pool",
}


def step_profile(step: Callable[[], object], device: torch.device) -> dict[str, dict[str, float]]:
    """Where the time of a step goes: seconds, the largest first.

    Args:
        step: what to run; it has run before.
        device: where it works; on a GPU kernels are counted, on a CPU operators.

    Returns:
        `work`: by kind of work, with what the GPU waits; `dearest`: the ten kernels or operators that take longest.
    """
    seconds, times = _run(step, device)
    groups: dict[str, float] = defaultdict(float)
    for name, spent in times.items():
        groups[_group(name)] += spent
    if device.type == "cuda":
        groups["GPU without work"] = max(0.0, seconds - sum(times.values()))
    return {"work": _largest(groups), "dearest": dict(list(_largest(times).items())[:_DEAREST])}


def _run(step: Callable[[], object], device: torch.device) -> tuple[float, dict[str, float]]:
    """Seconds of a step, and of each kernel or operator in it."""
    cuda = device.type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU], acc_events=True) as profiler:
        start = time.perf_counter()
        for _ in range(_STEPS):
            step()
        if cuda:
            torch.cuda.synchronize(device)
        seconds = (time.perf_counter() - start) / _STEPS
    wanted = DeviceType.CUDA if cuda else DeviceType.CPU
    events = [
        e
        for e in profiler.key_averages()
        if e.device_type == wanted and not (cuda and getattr(e, "is_user_annotation", False))
    ]
    spent = {event.key: event.self_device_time_total if cuda else event.self_cpu_time_total for event in events}
    return seconds, {name: microseconds / 1e6 / _STEPS for name, microseconds in spent.items() if microseconds}


def _group(name: str) -> str:
    return next((group for group, pattern in _GROUPS.items() if re.search(pattern, name, re.I)), "other")


def _largest(times: dict[str, float]) -> dict[str, float]:
    return dict(sorted(times.items(), key=lambda item: -item[1]))
