# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events
from monai.bundle import ConfigParser
from monai.engines.utils import IterationEvents

from monai_ext.engines import compile_parts

__all__ = ["BundleSteps"]

BUNDLE = Path(__file__).parents[1] / "bundles" / "vasomim_pretrain"


class BundleSteps:
    """The trainer that configs/train.json of the pre-training bundle makes, without handlers, on one batch again and again.

    Args:
        *overlays: configurations of the bundle to lay over train.json.
        **knobs: of the configuration; `batch_size` images are the batch of one process.
    """

    def __init__(self, *overlays: str, **knobs: Any) -> None:
        self.parser = ConfigParser()
        self.parser.read_config([str(BUNDLE / "configs" / name) for name in ("train.json", *overlays)])
        knobs = {"device_batch_size": knobs["batch_size"], "epochs": 1, "warmup_epochs": 0} | knobs
        self.parser.update({"bundle_root": str(BUNDLE), "train#handlers": [], **knobs})
        self.device = self.parser.get_parsed_content("device")
        loader = self.parser.get_parsed_content("train#dataloader")
        self.batch = next(iter(loader))
        self.trainer = self.parser.get_parsed_content("train#trainer")
        if self.parser.get_parsed_content("compile"):
            compile_parts([self.parser.get_parsed_content(name) for name in ("network_def", "loss", "prepare_batch")])
        self.run(2)

    def run(self, micro_batches: int, accumulation: int = 1) -> None:
        """Train on that many micro-batches, some of them a step, and wait for the device."""
        self.trainer.accumulation_steps = accumulation
        self.trainer.data_loader = [self.batch] * micro_batches
        self.trainer.state.epoch_length = micro_batches
        self.trainer.run()
        self._wait()

    def parts(self, steps: int) -> dict[str, float]:
        """Medians in seconds of `forward` (with preparation and loss), `backward` and `optimizer`; the host waits after each."""
        clock, laps = [0.0], {"started": [], "forward": [], "backward": [], "optimizer": []}
        events = (
            Events.ITERATION_STARTED,
            IterationEvents.LOSS_COMPLETED,
            IterationEvents.BACKWARD_COMPLETED,
            Events.ITERATION_COMPLETED,
        )

        def lap(name: str) -> None:
            self._wait()
            laps[name].append(time.perf_counter() - clock[0])
            clock[0] = time.perf_counter()

        attached = [self.trainer.add_event_handler(event, lap, name) for event, name in zip(events, laps, strict=True)]
        self.run(steps)
        for handle in attached:
            handle.remove()
        return {name: statistics.median(times) for name, times in laps.items() if name != "started"}

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
