# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

import ignite.distributed as idist
import torch
import torch.distributed as dist
from ignite.engine import Engine, Events

from monai_ext.ops import step_follows

from .training_checkpoint import TrainingCheckpoint

__all__ = ["StopOnSignal"]


class StopOnSignal:
    """Ends a training in order when it is asked to: SIGTERM of a pre-empted machine, SIGINT (Ctrl-C), SIGUSR1 as Slurm is told to send it.

    The step at hand is finished, the checkpoint saved, and the process ends with one line and the code 128 + the signal's number (143, 130, 138). With `--resume
    true` the run goes on as if it had never stopped, to the bit. Of several processes it does not matter which ones get the signal: after each step
    they tell each other by one number, asynchronously and over gloo on the host, and look at the answer a step later, so that all stop after the same one.

    What takes longer than `grace` seconds (a validation, a loader that hangs) is broken off, and the run goes on from the checkpoint before. So does a second Ctrl-C.

    All ranks attach it, as the last of the handlers.

    Args:
        checkpoint: of the run.
        grace: seconds for what is at hand, before the checkpoint is written; torchrun kills 30 seconds after the signal.

    Raises:
        ValueError: if grace is below 1.
        SystemExit: in the run, when it stops.
    """

    def __init__(self, checkpoint: TrainingCheckpoint, *, grace: int = 20) -> None:
        if grace < 1:
            raise ValueError(f"grace must be >= 1 second, got {grace}.")
        self.checkpoint, self.grace = checkpoint, grace
        self._signal = 0
        self._earlier: dict[int, Any] = {}
        self._group, self._asked = None, None

    def attach(self, engine: Engine) -> None:
        """Watch the run of `engine`, a MONAI trainer."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._at_the_end_of_an_epoch)
        engine.add_event_handler(Events.COMPLETED, self._end)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._fail)

    def __call__(self, engine: Engine) -> None:
        """After a step: stop if all ranks know that one was asked to."""
        if not step_follows(engine):
            return
        number = self._answer()
        if not number:
            self._ask()
        elif self._save(engine):
            self._leave(engine, number)
        else:  # the epoch is over: its end saves
            self._signal = self._signal or number

    def _at_the_end_of_an_epoch(self, engine: Engine) -> None:
        self._answer()
        self._ask()
        if number := self._answer():
            self._save(engine)
            self._leave(engine, number)

    def _start(self, engine: Engine) -> None:
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGUSR1") if hasattr(signal, name)]
            self._earlier = {number: signal.signal(number, self._note) for number in numbers}
        if idist.get_world_size() > 1:
            self._group = dist.new_group(backend="gloo")

    def _end(self, _: Engine | None = None) -> None:
        """Give the signals back."""
        self._pause_alarm()
        while self._earlier:
            signal.signal(*self._earlier.popitem())

    def _fail(self, _: Engine, error: BaseException) -> NoReturn:
        self._end()
        raise error

    def _note(self, number: int, _: FrameType | None) -> None:
        """Called by Python at any moment: only remembers, and looks at the clock; a second Ctrl-C breaks off."""
        if number == self._signal == signal.SIGINT:
            self._break_off()
        if not self._signal and hasattr(signal, "alarm"):
            self._earlier[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._break_off)
            signal.alarm(self.grace)
        self._signal = self._signal or number

    def _break_off(self, *_: Any) -> NoReturn:
        self._end()
        _say(
            self._signal, f"broken off; '{self.checkpoint.path}' holds what was saved before, go on by `--resume auto`."
        )
        _exit(self._signal)

    @staticmethod
    def _pause_alarm() -> int:
        """Seconds that were left of the grace, 0 if no signal has come here."""
        return signal.alarm(0) if hasattr(signal, "alarm") else 0

    def _ask(self) -> None:
        """Tell the other ranks of a signal here, without waiting."""
        told = torch.tensor(self._signal)
        work = self._group and dist.all_reduce(told, dist.ReduceOp.MAX, self._group, async_op=True)
        self._asked = told, work

    def _answer(self) -> int:
        """The signal that some rank had got when all asked last; alone, that of now."""
        if self._group is None:
            return self._signal
        if self._asked is None:
            return 0
        told, work = self._asked
        work.wait()
        self._asked = None
        return int(told)

    def _save(self, engine: Engine) -> bool:
        left = self._pause_alarm()  # a checkpoint that is being written is not broken off
        saved = self.checkpoint.save_now(engine)
        if left and not saved:
            signal.alarm(left)
        return saved

    def _leave(self, engine: Engine, number: int) -> NoReturn:
        if self._group is not None:
            dist.barrier(self._group)  # who ends first would be taken for a fault, and rank 0 ended while it writes
        self._end()
        if idist.get_rank() == 0:
            where = f"after iteration {engine.state.iteration}, epoch {engine.state.epoch}"
            _say(number, f"stopped {where}, '{self.checkpoint.path}' is saved; go on by `--resume true`.")
        if self._group is not None:
            dist.destroy_process_group()
        engine.logger.disabled = True  # Ignite would call it an error
        _exit(number)


def _say(number: int, what: str) -> None:
    print(f"{signal.Signals(number).name}: {what}", file=sys.stderr, flush=True)


def _exit(number: int) -> NoReturn:
    leave = SystemExit(signal.Signals(number).name)  # what a log shows of it; a number would say nothing
    leave.code = 128 + number
    raise leave
