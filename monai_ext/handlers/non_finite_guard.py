# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import os
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from monai.engines.utils import IterationEvents
from torch import Tensor
from torch.nn.utils import get_total_norm

from monai_ext.ops import atomic_file, one_line, step_follows

from .late_copy import LateCopy
from .running_averages import RunningAverages

__all__ = ["NonFiniteGuard"]

_LATE = 8
"""Steps after which a GPU's verdict is looked at: long since there, so nobody waits for it."""
_POLICIES = ("stop", "skip")


class NonFiniteGuard:
    """Leaves out a step whose gradient is not finite, so that one bad batch never spoils the weights; then stops, or goes on.

    After the backward pass the norm of the whole gradient is looked at on the device, and the optimiser is told there: fused Adam and AdamW then
    change nothing, as they do for a gradient scaler (`found_inf`). For other optimisers the host asks, and takes the gradients away. Means and
    variances of batch norms are set back, too. Since the gradient is that of all ranks, all decide alike.

    The host looks at the verdict some steps later on a GPU, at once on a CPU. It then writes what the batch was to `bad_batches.json`, a list of
    `epoch`, `iteration`, `images` (numbers in the data set, a list for each rank), `files`, `seed`, `time` and `weights`: on stopping, those of
    that step go to `bad_weights.pt`, see `replay_bad_batch`. "stop" ends the run by an error; "skip" warns once, tells the number at the end, and stops when `limit` steps in a row were bad.
    With a gradient scaler (fp16), which leaves out such steps itself and lowers its scale, they are ordinary: only `limit` in a row stop, under both policies.

    All ranks attach it, after `ClipGradients`.

    Args:
        folder: where the files go.
        on_nan: "stop" or "skip".
        limit: steps in a row, >= 1.

    Raises:
        ValueError: if on_nan is another word, or limit is below 1.
        RuntimeError: in the run, when it stops.
    """

    def __init__(self, folder: str | os.PathLike[str], *, on_nan: str = "stop", limit: int = 20) -> None:
        if on_nan not in _POLICIES:
            raise ValueError(f"on_nan must be stop or skip, got {on_nan!r}.")
        if limit < 1:
            raise ValueError(f"limit must be >= 1 step in a row, got {limit}.")
        self.folder, self.on_nan, self.limit = Path(folder), on_nan, limit
        self.left_out = 0
        self._row = 0
        self._images: list[Tensor] = []
        self._bad: Tensor | None = None
        self._waiting: deque[_Step] = deque()

    def attach(self, engine: Engine) -> None:
        """Guard the steps of `engine`, a MONAI trainer."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._look)
        engine.add_event_handler(Events.COMPLETED, self._count)

    def __call__(self, engine: Engine) -> None:
        """After a backward pass: note the images; if a step follows, judge it, and look at an earlier verdict."""
        batch = engine.state.batch
        self._images += [batch["index"]] if isinstance(batch, dict) and "index" in batch else []
        if not step_follows(engine):
            return
        bad = _is_bad(engine)
        if self.on_nan == "stop" and not _scaled(engine):
            bad = self._bad = (
                bad if self._bad is None else torch.maximum(self._bad, bad)
            )  # what follows is not made either
        _leave_out(engine, bad)
        self._averages.settle(bad)
        self._waiting.append(_Step(engine.state.epoch, engine.state.iteration, self._images, LateCopy(bad)))
        self._images = []
        self._look(engine, _LATE if bad.is_cuda else 0)

    def _start(self, engine: Engine) -> None:
        self._averages = RunningAverages(engine.network)

    def _look(self, engine: Engine, late: int = 0) -> None:
        while len(self._waiting) > late:
            step = self._waiting.popleft()
            bad = bool(step.bad.get())
            self._row = self._row + 1 if bad else 0
            if bad:
                self._act(engine, step)

    def _act(self, engine: Engine, step: _Step) -> None:
        stops = self._row >= self.limit or (self.on_nan == "stop" and not _scaled(engine))
        if not stops and _scaled(engine):
            return
        self.left_out += 1
        record = _record(engine, step) | {"weights": "bad_weights.pt" if stops else None}
        if idist.get_rank() == 0:
            self._write(record, engine.network if stops else None)
        what = _describe(record, self._row)
        if stops:
            raise RuntimeError(f"{what} The weights are those of before that step. {_what_to_do(self.folder)}")
        if self.left_out == 1:
            engine.logger.warning(
                f"{what} It was left out, as others will be; '{self.folder / 'bad_batches.json'}' lists them."
            )

    def _count(self, engine: Engine) -> None:
        if self.left_out:
            engine.logger.warning(f"{self.left_out} steps were left out, since their gradients were not finite.")

    def _write(self, record: dict[str, Any], network: torch.nn.Module | None) -> None:
        path = self.folder / "bad_batches.json"
        with atomic_file(path) as temporary:
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in [*_records(path), record])
            temporary.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
        if network is not None:
            with atomic_file(self.folder / "bad_weights.pt") as temporary:
                torch.save(getattr(network, "module", network).state_dict(), temporary)


@dataclass
class _Step:
    """One that the device has judged."""

    epoch: int
    iteration: int
    images: list[Tensor]
    bad: LateCopy


def _scaled(engine: Engine) -> bool:
    return getattr(engine, "scaler", None) is not None


def _is_bad(engine: Engine) -> Tensor:
    """1 where the gradient is not finite, else 0, on the device. The largest of its entries tells, for a sum of squares may overflow."""
    parameters = [parameter for group in engine.optimizer.param_groups for parameter in group["params"]]
    largest = get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None], math.inf)
    return (~torch.isfinite(largest)).float()


def _leave_out(engine: Engine, bad: Tensor) -> None:
    if _scaled(engine):
        return
    if getattr(engine.optimizer, "_step_supports_amp_scaling", False):
        engine.optimizer.found_inf = bad
    elif bad:
        engine.optimizer.zero_grad(set_to_none=True)


def _record(engine: Engine, step: _Step) -> dict[str, Any]:
    """What the step was made of; all ranks take part."""
    images = [index for batch in step.images for index in batch.flatten().tolist()]
    ranks = idist.all_gather(images) if idist.get_world_size() > 1 else [images]
    files = getattr(getattr(engine.data_loader, "dataset", None), "files", None)
    return {
        "epoch": step.epoch,
        "iteration": step.iteration,
        "images": ranks,
        "files": [[] if files is None else [str(files[index]) for index in rank] for rank in ranks],
        "seed": getattr(engine.prepare_batch, "seed", None),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _records(path: Path) -> list[Any]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []


def _describe(record: dict[str, Any], row: int) -> str:
    names = [one_line(str(name)) for rank in record["files"] for name in rank] or [
        number for rank in record["images"] for number in rank
    ]
    shown = ", ".join(map(str, names[:3])) + (f" and {len(names) - 3} more" if names[3:] else "")
    times = f", bad for {row} steps in a row" if row > 1 else ""
    what = f"iteration {record['iteration']}, epoch {record['epoch']}{times}, of {shown or 'images without a number'}"
    return f"gradient must be finite, got nan or inf in {what}."


def _what_to_do(folder: Path) -> str:
    return (
        f"'{folder / 'bad_batches.json'}' lists the images, and the same command with `run replay` shows which it is. Go on by `--resume auto` with "
        "`--on_nan skip`, with a lower learning rate, or with a longer warm-up or `--precision fp32`."
    )
