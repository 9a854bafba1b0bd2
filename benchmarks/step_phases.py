# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics
import time
from itertools import pairwise
from typing import Any

import torch
from ignite.engine import Events
from monai.engines.utils import IterationEvents
from own_step import OwnStep

__all__ = ["step_phases"]

_STEPS = 5
_EVENTS = {
    Events.ITERATION_STARTED: "start",
    IterationEvents.FORWARD_COMPLETED: "network",
    IterationEvents.LOSS_COMPLETED: "loss",
    IterationEvents.BACKWARD_COMPLETED: "backward, through both",
    IterationEvents.MODEL_COMPLETED: "optimiser",
}
_Mark = float | torch.cuda.Event


def step_phases(step: OwnStep, device: torch.device) -> dict[str, float]:
    """Median seconds of the parts of our step in the order of time: preparation, network, loss, backward, optimiser.

    Args:
        step: it has run before.
        device: where it works; on a GPU it is the GPU's time that counts.
    """
    marks: list[tuple[str, _Mark]] = []
    trainer, prepare = step.trainer, step.trainer.prepare_batch

    def prepared(*arguments: Any, **options: Any) -> tuple:
        batch = prepare(*arguments, **options)
        marks.append(("preparation", _now(device)))
        return batch

    trainer.prepare_batch = prepared
    handles = [
        trainer.add_event_handler(event, lambda _, name=name: marks.append((name, _now(device))))
        for event, name in _EVENTS.items()
    ]
    for _ in range(_STEPS):
        step()
    trainer.prepare_batch = prepare
    for handle in handles:
        handle.remove()
    return _medians(marks, device)


def _now(device: torch.device) -> _Mark:
    if device.type != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _medians(marks: list[tuple[str, _Mark]], device: torch.device) -> dict[str, float]:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    spent: dict[str, list[float]] = {}
    for (_, before), (name, after) in pairwise(marks):
        if name != "start":
            spent.setdefault(name, []).append(
                after - before if device.type != "cuda" else before.elapsed_time(after) / 1e3
            )
    return {name: statistics.median(times) for name, times in spent.items()}
