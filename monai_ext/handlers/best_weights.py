# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from torch import nn

from monai_ext.ops import atomic_file

__all__ = ["BestWeights"]


class BestWeights:
    """Keeps the weights of the epoch that validation likes best: a plain state dict, and a JSON file beside it that tells of them.

    `model.pt` and `model.json`, with the epoch, the value, and what `facts` returns. Both are written whole before either takes the place of an older one. A
    value that is nan is never the best. All ranks attach it, rank 0 writes. Its state, the best value so far, belongs into the training's
    checkpoint.

    Args:
        path: of the weights, such as `models/model.pt`.
        network: whose weights are kept, not wrapped.
        metric: name of a number among the evaluator's metrics, the same on all ranks; larger is better.
        facts: further facts about the weights, JSON values, read when they are written.
        record: gets every value as `validation_<metric>`, e.g. `"$@curves.add"`.

    Raises:
        ValueError: in the run, if the evaluator has no such metric.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        network: nn.Module,
        *,
        metric: str = "dice",
        facts: Callable[[], Mapping[str, Any]] | None = None,
        record: Callable[[Mapping[str, float]], None] | None = None,
    ) -> None:
        self.path, self.network, self.metric, self.facts, self.record = Path(path), network, metric, facts, record
        self.best: float | None = None

    def attach(self, engine: Engine) -> None:
        """Look at the end of each run of `engine`, a MONAI evaluator, whose epoch is the trainer's."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Keep the weights if they are better than all before."""
        value = self._value(engine)
        if self.record is not None:
            self.record({f"validation_{self.metric}": value})
        if not value > (-math.inf if self.best is None else self.best):
            return
        self.best = value
        if idist.get_rank() == 0:
            self._write({"epoch": engine.state.epoch, self.metric: value, **(self.facts() if self.facts else {})})

    def state_dict(self) -> dict[str, Any]:
        """The best value so far."""
        return {"best": self.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved value."""
        self.best = state["best"]

    def _value(self, engine: Engine) -> float:
        metrics = engine.state.metrics
        if self.metric not in metrics:
            there = ", ".join(metrics) or "none"
            raise ValueError(f"metric must be one of the evaluator's ({there}), got '{self.metric}'.")
        value = float(metrics[self.metric])
        if math.isnan(value):
            engine.logger.warning(f"{self.metric} of epoch {engine.state.epoch} is nan: these weights are not kept.")
        return value

    def _write(self, facts: Mapping[str, Any]) -> None:
        weights = {name: value.detach().cpu() for name, value in self.network.state_dict().items()}
        with atomic_file(self.path) as file, atomic_file(self.path.with_suffix(".json")) as told:
            torch.save(weights, file)
            told.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
