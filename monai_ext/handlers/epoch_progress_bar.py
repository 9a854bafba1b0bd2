# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TextIO

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from monai.utils import CommonKeys
from torch import Tensor
from tqdm import tqdm

from .late_copy import LateCopy

__all__ = ["EpochProgressBar"]


class EpochProgressBar:
    """A bar for each epoch with the losses on a terminal; one short line an epoch in a log file.

    Ignite's bar fills a log file with one line a step, so this one asks whether a terminal is there. The losses of the
    latest step are asked for each `every` steps only, and shown when they have come from the device, for which the host does not wait; the
    line of the epoch's end shows the means that `CurveRecorder`, attached before, left in `engine.state.metrics`. Rank 0 alone writes.

        epoch 3/100  loss 0.5125  reconstruction 0.4310  consistency 0.0815  guided_share 0.015  12.3 s  521 images/s

    Args:
        loss_parts: returns the detached parts of the latest loss by name, e.g. `"$lambda: @loss.parts"`.
        every: steps between two questions.
        stream: where to write; standard error when left out.

    Raises:
        ValueError: if every is below 1.
    """

    def __init__(
        self,
        loss_parts: Callable[[], Mapping[str, Tensor]] | None = None,
        *,
        every: int = 10,
        stream: TextIO | None = None,
    ) -> None:
        if every < 1:
            raise ValueError(f"every must be >= 1 step, got {every}.")
        self.loss_parts = loss_parts
        self.every = every
        self.stream = stream
        self._bar: tqdm | None = None
        self._coming: tuple[list[str], LateCopy] | None = None

    def attach(self, engine: Engine) -> None:
        """Show the epochs of `engine`, a MONAI trainer or evaluator; losses where its output is one dictionary (`decollate=False`)."""
        if idist.get_rank() != 0:
            return
        if (self.stream or sys.stderr).isatty():
            engine.add_event_handler(Events.EPOCH_STARTED, self._open)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._close)

    def __call__(self, engine: Engine) -> None:
        """One step on; with the losses, if some have come."""
        step = self._bar.n + 1
        if step % self.every == 0 or step == self._bar.total:
            self._ask(_losses(engine, self.loss_parts() if self.loss_parts else {}))
        if self._coming is not None and self._coming[1].is_here:
            values = zip(self._coming[0], self._coming[1].get().tolist(), strict=True)
            self._bar.set_postfix({name: f"{value:.4f}" for name, value in values}, refresh=False)
            self._coming = None
        self._bar.update()

    def _ask(self, losses: Mapping[str, Tensor]) -> None:
        if losses:
            self._coming = list(losses), LateCopy(torch.stack([value.float() for value in losses.values()]))

    def _open(self, engine: Engine) -> None:
        state, stream = engine.state, self.stream or sys.stderr
        done = state.iteration % state.epoch_length if state.epoch_length else 0  # a resumed run begins inside an epoch
        self._bar = tqdm(
            total=state.epoch_length, initial=done, desc=_title(engine), leave=False, file=stream, dynamic_ncols=True
        )

    def _close(self, engine: Engine) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        print(_title(engine), *_words(engine), sep="  ", file=self.stream or sys.stderr, flush=True)


def _title(engine: Engine) -> str:
    return f"epoch {engine.state.epoch}/{engine.state.max_epochs}"


def _losses(engine: Engine, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    output = engine.state.output
    loss = (
        output.get(CommonKeys.LOSS) if isinstance(output, Mapping) else None
    )  # an evaluator has none, decollated or not
    return ({} if loss is None else {"loss": loss}) | dict(parts)


def _words(engine: Engine) -> list[str]:
    metrics = dict(engine.state.metrics) or {k: float(v) for k, v in _losses(engine, {}).items()}
    seconds, speed = metrics.pop("seconds", None), metrics.pop("images_per_second", None)
    words = [f"{name} {value:.4g}" for name, value in metrics.items() if isinstance(value, int | float)]
    words += [f"{seconds:.1f} s"] if seconds is not None else []
    return words + ([f"{speed:.0f} images/s"] if speed is not None else [])
