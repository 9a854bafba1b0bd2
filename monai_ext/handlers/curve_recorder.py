# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
import torch.nn.functional as F
from ignite.engine import Engine, Events
from monai.utils import CommonKeys
from torch import Tensor

from monai_ext.ops import atomic_file

__all__ = ["CurveRecorder"]


class CurveRecorder:
    """Records one row of means an epoch: losses, masked error, hidden vessel share, learning rate, speed.

    Sums stay on the device: the host waits for it once an epoch, not once a step. Every value is averaged over the
    steps of the epoch whose loss is finite (`NonFiniteGuard` leaves out the others) and over ranks, nan where there was none. The row goes to
    `engine.state.metrics` (for StatsHandler and TensorBoardStatsHandler: put those after it) and to `curves.csv`.

    Columns: `epoch`, `loss`, each part of the loss; in pre-training `hidden_vessel_share` (of the hidden
    patches, those that hold at least one vessel pixel), `vessel_patch_share` (the same of all patches: what random
    masks would reach), `guided_share` (where `engine.prepare_batch` has it); `learning_rate` (the largest of the groups,
    after the last step), `seconds`, `images_per_second` (of all ranks).

    All ranks attach it; rank 0 writes. Its state belongs into the checkpoint: the rows so far, and for each rank the sums of
    the epoch that it is in.

    Args:
        folder: where `curves.csv` goes; None writes none.
        loss_parts: returns the detached parts of the latest loss by name, e.g. `"$lambda: @loss.parts"`.

    Raises:
        RuntimeError: at the end of an epoch, or when it would be saved inside, if the weights are not finite.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None, loss_parts: Callable[[], Mapping[str, Tensor]] | None = None
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.loss_parts = loss_parts
        self.rows: list[dict[str, float]] = []
        self._weights: list[Tensor] = []
        self._means: dict[str, Tensor] = {}
        self._steps = torch.zeros(())
        self._epoch, self._images, self._seconds, self._started = 0, 0, 0.0, 0.0
        self._goes_on = False

    def attach(self, engine: Engine) -> None:
        """Record the epochs of `engine`, a MONAI trainer with `decollate=False`."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Make the row of the finished epoch; all ranks take part."""
        row = {"epoch": engine.state.epoch, **self._gather()}
        if hasattr(engine.prepare_batch, "guided_share"):
            row["guided_share"] = float(engine.prepare_batch.guided_share)
        row["learning_rate"] = max(float(group["lr"]) for group in engine.optimizer.param_groups)
        row["seconds"] = time.perf_counter() - self._started
        row["images_per_second"] = row.pop("images") / row["seconds"]
        self.rows.append(row)
        engine.state.metrics.update({name: value for name, value in row.items() if name != "epoch"})
        if self.folder is not None and idist.get_rank() == 0:
            _write_csv(self.rows, self.folder / "curves.csv")

    def add(self, values: Mapping[str, float]) -> None:
        """Further columns of the latest row, such as what a validation after the epoch has found."""
        self.rows[-1].update(values)
        if self.folder is not None and idist.get_rank() == 0:
            _write_csv(self.rows, self.folder / "curves.csv")

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after saved rows."""
        self.rows = [dict(row) for row in state["rows"]]

    def rank_state_dict(self) -> dict[str, Any]:
        """Sums of this rank in the epoch so far; refused when the weights are not finite."""
        self._require_good_weights(float(self._bad_weights()) if self._weights else 0.0)
        means = {name: mean.cpu() for name, mean in self._means.items()}
        seconds = time.perf_counter() - self._started
        return {"means": means, "steps": self._steps.cpu(), "images": self._images, "seconds": seconds}

    def load_rank_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the sums of an epoch, if the engine goes on inside it; those of an earlier version are left out, whose epoch starts anew."""
        if not isinstance(state.get("steps"), Tensor):
            return
        self._means, self._images = dict(state["means"]), state["images"]
        self._steps = state["steps"]
        self._seconds, self._goes_on = state["seconds"], True

    def _start(self, engine: Engine) -> None:
        if not (self._goes_on and engine.state.iteration % engine.state.epoch_length):
            self._means, self._steps, self._images, self._seconds = {}, torch.zeros(()), 0, 0.0
        self._weights = [weight for group in engine.optimizer.param_groups for weight in group["params"]]
        self._epoch, self._goes_on = engine.state.epoch, False
        self._started = time.perf_counter() - self._seconds

    @torch.no_grad()
    def _add(self, engine: Engine) -> None:
        output = engine.state.output
        values = {"loss": output[CommonKeys.LOSS], **(self.loss_parts() if self.loss_parts else {})}
        targets = output[CommonKeys.LABEL]
        if isinstance(targets, Mapping) and "hidden" in targets:
            values |= _vessel_shares(targets["vessels"], targets["hidden"])
        finite = torch.isfinite(values["loss"])
        self._steps = self._steps.to(finite.device, non_blocking=True) + finite
        self._images += len(output[CommonKeys.IMAGE])
        for name, value in values.items():
            mean = (
                self._means[name].to(value.device, non_blocking=True)
                if name in self._means
                else torch.zeros_like(value)
            )
            self._means[name] = torch.where(finite, mean + (value.detach().float() - mean) / self._steps, mean).float()

    def _gather(self) -> dict[str, float]:
        """Means over the steps of all ranks, and the number of images of all; the one wait for the device."""
        names = sorted(self._means, key=lambda name: name != "loss")
        device = self._steps.device
        sums = [self._means[name].to(device) * self._steps for name in names]
        counts = [self._steps, torch.tensor(float(self._images)).to(device), self._bad_weights().to(device)]
        *sums, steps, images, bad = idist.all_reduce(torch.stack(sums + counts)).tolist()
        self._require_good_weights(bad)
        return {name: total / steps if steps else math.nan for name, total in zip(names, sums, strict=True)} | {
            "images": images
        }

    def _bad_weights(self) -> Tensor:
        """How many tensors of weights are not finite; the same in all ranks."""
        return torch.stack([~weight.detach().isfinite().all() for weight in self._weights]).sum().float()

    def _require_good_weights(self, bad: float) -> None:
        if bad:
            raise RuntimeError(
                f"weights must be finite, got nan or inf in epoch {self._epoch}; try a lower learning rate, a longer warm-up or "
                "`--precision fp32`, then go on from the last checkpoint with `--resume auto`."
            )


def _patch_size(hidden: Tensor, image: Tensor) -> int:
    return round(math.sqrt(image.shape[-2] * image.shape[-1] / hidden.shape[1]))


def _vessel_shares(vessels: Tensor, hidden: Tensor) -> dict[str, Tensor]:
    holds_vessel = F.max_pool2d(vessels.float(), _patch_size(hidden, vessels)).flatten(1)
    share = (holds_vessel * hidden).sum() / hidden.sum()
    return {"hidden_vessel_share": share, "vessel_patch_share": holds_vessel.mean()}


def _write_csv(rows: list[dict[str, float]], path: Path) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with atomic_file(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
