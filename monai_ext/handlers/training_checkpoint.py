# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import ignite.distributed as idist
from ignite.engine import Engine, Events
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from .changed_knobs import changed_knobs
from .checkpoint_file import CheckpointFile
from .open_epoch import OpenEpoch
from .rank_state import RankState
from .run_environment import run_environment

__all__ = ["TrainingCheckpoint"]

_KEYS = {"engine", "objects", "ranks", "scaler"}


class TrainingCheckpoint:
    """Saves everything that a run needs to go on as if it had never stopped, in one file, at the end of epochs and inside them.

    The file holds the state of `objects` (network, optimizer, lr_scheduler, curves), of the engine and of its gradient
    scaler, and for every rank the global torch generators, the state of `engine.prepare_batch` if it has one, and what else differs between
    ranks: `rank_state_dict` of the objects that have it. `run` in it tells where it comes from: date, processes, versions,
    git revision, configuration. The good one before it stays beside it and stands in for it (`CheckpointFile`). A save that
    fails, on a full disk, costs a warning; the next turn tries again, and only the last save of a run must succeed.

    All ranks attach it and call `restore`; rank 0 writes, all ranks read the same file. It comes after the handlers
    whose state it saves. The data order follows from the epoch (`DistributedSampler.set_epoch`); inside an epoch the run goes on
    after the batches that it has taken (`OpenEpoch`), if all that their order and size follow from is as it was; else it warns
    and starts that epoch anew. What a dataset draws in worker processes is not saved. In a bundle:

        "run": ["$@checkpoint.restore(@train#trainer) if @resumes else None", "$@train#trainer.run()"]

    Args:
        path: the file.
        objects: by name, what has `state_dict` and `load_state_dict`, the same on all ranks; networks are taken out of
            DistributedDataParallel and `torch.compile`. The engine and its prepare_batch need not be named.
        every: epochs between two saves; the last is saved, too. A fraction saves inside epochs: 0.1 ten times an epoch, evenly and
            after complete steps of the optimiser, the tenth time at its end.
        config: tells of the configuration, in plain values, when asked; settings under `knobs` are compared when a run goes on
            (`monai_ext.engines.RunConfig`).

    Raises:
        ValueError: if every is neither a whole number of epochs nor a fraction of one.
        TypeError: if an object has no state, or is a schedule other than LambdaLR.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        objects: Mapping[str, Any],
        *,
        every: float = 1,
        config: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        if not every > 0 or (every > 1 and every % 1):
            raise ValueError(f"every must be >= 1 and whole, or a fraction of an epoch above 0, got {every}.")
        for name, thing in objects.items():
            if not (hasattr(thing, "state_dict") and hasattr(thing, "load_state_dict")):
                raise TypeError(
                    f"objects['{name}'] must have state_dict and load_state_dict, got {type(thing).__name__}."
                )
            if isinstance(thing, LRScheduler) and not isinstance(thing, LambdaLR):
                raise TypeError(
                    f"objects['{name}'] must be a LambdaLR, whose rate follows from the step alone, got {type(thing).__name__}."
                )
        self.file = CheckpointFile(path, _KEYS)
        self.path = self.file.path
        self.objects = {name: _bare(thing) for name, thing in objects.items()}
        self.every = every
        self.config = config
        self._environment: dict[str, Any] = {}
        self._restored = False

    def attach(self, engine: Engine) -> None:
        """Save the epochs of `engine`.

        Raises:
            TypeError: if `every` is a fraction and the data loader's order cannot be started inside an epoch.
        """
        engine.add_event_handler(Events.STARTED, self._begin)
        if self.every < 1:
            if not (epoch := OpenEpoch(engine)).can_go_on:
                raise TypeError(
                    f"every {self.every} needs a data loader whose sampler can start inside an epoch, got "
                    f"{type(epoch.sampler).__name__}; give it monai_ext.data.FrameSampler, or save whole epochs."
                )
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._inside)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Save at the end of an epoch, if it is this epoch's turn; all ranks take part."""
        last = engine.state.epoch == engine.state.max_epochs
        if last or engine.state.epoch % max(1, self.every) == 0:
            self._save(engine, engine.state.epoch, {}, last=last)

    def save_now(self, engine: Engine) -> bool:
        """Save this moment of a run that is to end here, at ITERATION_COMPLETED or EPOCH_COMPLETED; all ranks take part.

        Returns:
            Whether the run can end here. It cannot between two micro-batches of one step, nor before the end of an epoch whose last
            batch is done: ask again at the next event. It can where the data loader's order cannot be started inside an epoch, but
            then nothing is saved.

        Raises:
            OSError: if the checkpoint cannot be written.
        """
        epoch = OpenEpoch(engine)
        if engine.last_event_name == Events.EPOCH_COMPLETED:
            self._save(engine, engine.state.epoch, {}, last=True)
        elif not epoch.is_between_steps:
            return False
        elif epoch.can_go_on:
            self._save(engine, engine.state.epoch - 1, epoch.state_dict(), last=True)
        else:
            engine.logger.warning(f"what has been learnt since the last epoch is not saved to '{self.path}'.")
        return True

    def _inside(self, engine: Engine) -> None:
        epoch = OpenEpoch(engine)
        if epoch.is_due(round(1 / self.every)):
            self._save(engine, engine.state.epoch - 1, epoch.state_dict(), last=False)

    def _save(self, engine: Engine, finished: int, open_epoch: dict[str, Any], *, last: bool) -> None:
        ranks = idist.all_gather(RankState(self.objects).of(engine))
        if idist.get_rank() != 0:
            return
        scaler = getattr(engine, "scaler", None)
        state = {
            "engine": dict(engine.state_dict()) | {"epoch": finished},
            "open_epoch": open_epoch,
            "objects": {name: thing.state_dict() for name, thing in self._shared(engine).items()},
            "ranks": ranks,
            "scaler": {} if scaler is None else scaler.state_dict(),
            "run": self._origin(),
        }
        self._write(state, last)

    def _write(self, state: Mapping[str, Any], last: bool) -> None:
        try:
            self.file.write(state)
        except OSError as error:
            if last:
                raise OSError(
                    error.errno,
                    f"{error.strerror}; it was the last of this run: make room and go on from the one before with "
                    "`--resume true`.",
                ) from error
            warnings.warn(f"{error.strerror}; the one before stays, and the next turn tries again.", stacklevel=4)

    def _origin(self) -> dict[str, Any]:
        """Where a checkpoint comes from."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return {"date": now, "environment": self._environment, "config": dict(self.config())}

    def check(self) -> None:
        """Refuse to go on from a file that is missing, broken or of another network, before anything is made or written.

        Raises:
            FileNotFoundError: if there is no file.
            ValueError: if it is not a training checkpoint, or of another network.
        """
        self._check_objects(self.file.read()["objects"], self.objects)

    def load_objects(self) -> None:
        """Bring the objects alone to the state of the file, to evaluate them: no engine, no generators.

        Raises:
            FileNotFoundError: if there is no file.
            ValueError: if it is not a training checkpoint, or of another network.
        """
        saved = self.file.read()["objects"]
        self._check_objects(saved, self.objects)
        for name, thing in self.objects.items():
            thing.load_state_dict(saved[name])

    def restore(self, engine: Engine) -> None:
        """Bring the objects and the engine to the state of the file; `engine.run()` then goes on with the next step.

        Nothing is changed before the file has been checked. Settings are this run's: epochs, learning rate, weight decay
        and the shape of the schedule may differ from the file's and hold from there on. A finished run only fires the
        events of its end.

        Args:
            engine: a trainer that has not run.

        Raises:
            FileNotFoundError: if there is no file.
            ValueError: if it is not a training checkpoint, of another network, or beyond max_epochs.
            RuntimeError: if the ranks read different files.
        """
        saved = self.file.read()
        _check_epochs(saved, engine.state.max_epochs, self.path)
        shared = self._shared(engine)
        self._check_objects(saved["objects"], shared)
        _require_one_file(saved, self.path)
        self._tell_changes(saved)
        batches = self._batches_of(saved, engine)
        position = _position(engine, saved["engine"], batches)
        for name, thing in shared.items():
            _load(thing, saved["objects"][name], saved["engine"], position)
        rank_state = self._rank_state_of(saved["ranks"])
        RankState(self.objects).load(rank_state, engine)
        engine.load_state_dict(position)
        if batches:
            OpenEpoch(engine).start(saved["engine"]["epoch"] + 1, batches)
        self._restored = True
        _when_it_runs(engine, position, saved["scaler"], rank_state, bool(batches))
        done = f"{saved['engine']['epoch']} epochs" + (f" and {batches} batches of the next" if batches else "")
        engine.logger.info(f"'{self.path}': {done} are done, going on until epoch {engine.state.max_epochs}.")

    def _begin(self, engine: Engine) -> None:
        if idist.get_rank() == 0:
            self._environment = run_environment(engine)
        if not self._restored:
            self.file.put_away()

    def _tell_changes(self, saved: Mapping[str, Any]) -> None:
        before = saved.get("run", {}).get("config", {}).get("knobs", {})
        changes = changed_knobs(before, self.config().get("knobs", {}))
        if changes and idist.get_rank() == 0:
            warnings.warn(
                f"checkpoint '{self.path}' was trained with other knobs: {'; '.join(changes)}. From here on those of this run hold.",
                stacklevel=3,
            )

    def _shared(self, engine: Engine) -> dict[str, Any]:
        return {
            k: v for k, v in self.objects.items() if v is not getattr(engine, "prepare_batch", None) and v is not engine
        }

    def _check_objects(self, saved: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        if missing := sorted(name for name in shared if not isinstance(saved.get(name), Mapping)):
            raise ValueError(f"checkpoint '{self.path}' must hold the state of {missing}, it holds {sorted(saved)}.")
        for name, thing in shared.items():
            if isinstance(thing, nn.Module) and (differences := _differences(saved[name], thing.state_dict())):
                shown = "; ".join(differences[:3]) + (f"; and {len(differences) - 3} more" if differences[3:] else "")
                raise ValueError(
                    f"checkpoint '{self.path}' must be of the same {name} as this run, got {shown}; "
                    "give the model that it was trained with, or run without `--resume true`."
                )

    def _batches_of(self, saved: Mapping[str, Any], engine: Engine) -> int:
        """Batches of the open epoch to leave out; a file of an earlier version has no open epoch."""
        open_epoch = saved.get("open_epoch")
        if not open_epoch:
            return 0
        if not (differences := OpenEpoch(engine).differences(open_epoch)):
            return open_epoch["batches"]
        warnings.warn(
            f"checkpoint '{self.path}' was saved inside epoch {saved['engine']['epoch'] + 1} with {'; '.join(differences)}: that "
            "epoch starts anew, so some of its images are seen twice.",
            stacklevel=3,
        )
        return 0

    def _rank_state_of(self, ranks: list[dict[str, Any]]) -> dict[str, Any]:
        if len(ranks) == idist.get_world_size():
            return ranks[idist.get_rank()]
        warnings.warn(
            f"checkpoint '{self.path}' was written by {len(ranks)} processes and is resumed by {idist.get_world_size()}: "
            "dropped paths and what else comes from torch's generators are drawn anew from the seed of each rank.",
            stacklevel=3,
        )
        return {}


def _bare(thing: Any) -> Any:
    while isinstance(thing, DistributedDataParallel) or hasattr(thing, "_orig_mod"):
        thing = thing.module if isinstance(thing, DistributedDataParallel) else thing._orig_mod
    return thing


def _when_it_runs(
    engine: Engine, position: Mapping[str, Any], scaler: Mapping[str, Any], rank_state: Mapping[str, Any], inside: bool
) -> None:
    """What can be restored only when the run has begun."""

    def go_on(engine: Engine) -> None:
        # run() makes the scaler, and sets an engine that is done back to epoch 0, just before it fires STARTED.
        started.remove()
        engine.load_state_dict(position)
        if getattr(engine, "scaler", None) is not None and scaler:
            engine.scaler.load_state_dict(scaler)
        RankState.set_generators(rank_state, engine)

    def go_on_inside(engine: Engine) -> None:
        # A data loader draws a seed for its workers when an epoch begins: the run that was killed had drawn it.
        first_batch.remove()
        RankState.set_generators(rank_state, engine)

    started = engine.add_event_handler(Events.STARTED, go_on)
    if inside:
        first_batch = engine.add_event_handler(Events.GET_BATCH_STARTED, go_on_inside)


def _require_one_file(saved: Mapping[str, Any], path: Path) -> None:
    read = idist.all_gather(f"epoch {saved['engine']['epoch']}, step {saved['engine']['iteration']}")
    if len(set(read)) > 1:
        raise RuntimeError(
            f"all processes must read the same checkpoint '{path}', got {' and '.join(sorted(set(read)))}; its folder must be one that "
            "all machines share."
        )


def _check_epochs(saved: Mapping[str, Any], planned: int | None, path: Path) -> None:
    finished, inside = saved["engine"]["epoch"], bool(saved.get("open_epoch"))
    if planned is not None and finished + inside > planned:
        done = "begun" if inside else "finished"
        raise ValueError(f"epochs must be at least the {finished + inside} that '{path}' has {done}, got {planned}.")


def _position(engine: Engine, saved: Mapping[str, Any], batches: int) -> dict[str, Any]:
    """The saved epoch and batch in the plan of this run, which may have more epochs, or more steps in each."""
    length = engine.state.epoch_length or saved["epoch_length"]
    return {key: value for key, value in saved.items() if key != "epoch"} | {
        "epoch_length": length,
        "max_epochs": engine.state.max_epochs or saved["max_epochs"],
        "iteration": saved["epoch"] * length + batches,
    }


def _load(thing: Any, state: Any, saved: Mapping[str, Any], position: Mapping[str, Any]) -> None:
    """What was learnt comes from the file, settings (rate, decay, shape of the schedule) are this run's."""
    if isinstance(thing, LambdaLR):
        step = state["last_epoch"]
        _move_schedule(thing, position["iteration"] if step == saved["iteration"] else step)
    elif isinstance(thing, Optimizer):
        settings = [{k: v for k, v in group.items() if k != "params"} for group in thing.param_groups]
        thing.load_state_dict(state)
        for group, own in zip(thing.param_groups, settings, strict=True):
            group.update(own)
    else:
        thing.load_state_dict(state)


def _move_schedule(schedule: LambdaLR, step: int) -> None:
    rates = [base * rule(step) for base, rule in zip(schedule.base_lrs, schedule.lr_lambdas, strict=True)]
    for group, rate in zip(schedule.optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    schedule.__dict__.update(last_epoch=step, _step_count=step + 1, _last_lr=rates)


def _differences(saved: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    lines = []
    for name in sorted(saved.keys() | own.keys()):
        in_file, here = (tuple(d[name].shape) if name in d else "nothing" for d in (saved, own))
        if in_file != here:
            lines.append(f"'{name}' {in_file} in the file and {here} here")
    return lines
