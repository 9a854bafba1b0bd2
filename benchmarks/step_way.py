# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable

import torch
from own_step import OwnStep
from published_step import PublishedStep
from step_memory import step_memory

__all__ = ["StepWay"]

_WARM_UP = 2  # steps: the first one compiles, and makes gradients and moments


class StepWay:
    """One row of the table of train_step.py: a way to take a step, what it needs, and how long it takes.

    Args:
        name: of the row.
        build: makes the step.
        compiles: whether it takes long to get ready, since it shares no compiled code with ways before it.
        options: `device`, `batch`, `steps` (those of a round) and `clock`, what seconds are read from.
    """

    def __init__(
        self, name: str, build: Callable[[], PublishedStep | OwnStep], compiles: bool, options: argparse.Namespace
    ) -> None:
        self.name, self.build, self.compiles, self.device = name, build, compiles, options.device
        self.batch, self.steps, self.clock = options.batch, options.steps, options.clock
        self.step: PublishedStep | OwnStep | None = None
        self.seconds: list[float] = []
        self.ready, self.note = 0.0, "no time was left"

    def get_ready(self) -> None:
        """Build it, let it compile, measure its memory and a first round."""
        start = time.perf_counter()
        try:
            self.step = self.build()
            for _ in range(_WARM_UP):
                self.step()
            gc.collect()
            self.held, self.taken = _held(self.step), step_memory(self.step, self.device)
            self.round()
        except torch.OutOfMemoryError:
            self.step, self.seconds, self.note = None, [], "out of memory"
        gc.collect()
        self.ready = time.perf_counter() - start
        said = f"{self.speed:.1f} images/s at first" if self.step else self.note
        print(f"  {self.name}: {said}, ready after {self.ready:.0f} s", flush=True)

    def round(self) -> None:
        """Some steps; the device is waited for at the end alone."""
        _synchronise(self.device)
        start = self.clock()
        for _ in range(self.steps):
            self.step()
        _synchronise(self.device)
        self.seconds.append((self.clock() - start) / self.steps)

    @property
    def speed(self) -> float:
        """Images a second."""
        return self.batch / statistics.median(self.seconds)

    def facts(self, flop: float, peak: float) -> dict:
        """What the table and the JSON file tell."""
        if not self.seconds:
            return {"way": self.name, "note": self.note}
        memory = {"held_gb": self.held, "step_gb": self.taken, "peak_gb": self.held + self.taken}
        speed = {"images_per_second": self.speed, "utilisation": self.speed * flop / peak}
        return {
            "way": self.name,
            **speed,
            **memory,
            "seconds_of_a_step": self.seconds,
            "ready_after_seconds": self.ready,
        }


def _held(step: PublishedStep | OwnStep) -> float:
    """GB between steps: weights, gradients, moments, the segmentor."""
    tensors = [*step.network.parameters(), *step.network.buffers(), *step.segmentor.parameters()]
    tensors += [parameter.grad for parameter in step.network.parameters() if parameter.grad is not None]
    tensors += [value for state in step.optimizer.state.values() for value in state.values()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors) / 1e9


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
