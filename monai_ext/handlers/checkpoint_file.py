# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from torch import Tensor, nn

from monai_ext.ops import ZipSeal, atomic_file

__all__ = ["CheckpointFile"]

logger = logging.getLogger(__name__)


class CheckpointFile:
    """The newest checkpoint, and the good one before it beside it: `checkpoint.pt` and `checkpoint_before.pt`.

    A kill at any moment of a write, or a full disk, leaves a whole one; where the newest is missing or not as it was written (it is sealed, see
    `ZipSeal`), the one before is read in its place. They hold tensors, numbers, strings, lists and dictionaries only, so that
    `torch.load(weights_only=True)` reads them.

    Args:
        path: of the newest.
        keys: that a checkpoint has at least.
    """

    def __init__(self, path: str | os.PathLike[str], keys: Collection[str] = ()) -> None:
        self.path = Path(path)
        self.before = self.path.with_name(f"{self.path.stem}_before{self.path.suffix}")
        self.launch = self.path.with_suffix(".launch")
        self.keys = set(keys)
        self._is_good = False

    def exists(self) -> bool:
        """Whether there is one to read."""
        return self.path.is_file() or self.before.is_file()

    def is_of_this_launch(self) -> bool:
        """Whether the run that torchrun has launched has begun here, in processes that it now starts again: what lies here is that run's own."""
        return self.launch.is_file() and self.launch.read_text(encoding="utf-8") == _launch()

    def write(self, state: Mapping[str, Any]) -> None:
        """Make `state` the newest checkpoint; a newest one that was written or read here becomes the one before.

        Raises:
            TypeError: if it holds something that could not be read again.
            OSError: if it cannot be written, with the bytes that are free and that it needs; what is there stays.
        """
        _require_plain(state, "checkpoint")
        try:
            with atomic_file(self.path, keep=self.before if self._is_good else None) as temporary:
                _save(state, temporary)
                ZipSeal.write(temporary)
        except OSError as error:
            free, needed = shutil.disk_usage(self.path.parent).free, sum(_sizes(state))
            raise OSError(
                error.errno,
                f"checkpoint '{self.path}' could not be written ({error.strerror or error}): {_megabytes(free)} are free "
                f"and about {_megabytes(needed)} needed",
            ) from error
        self._is_good = True

    def read(self) -> dict[str, Any]:
        """The newest checkpoint; with a warning the one before, where the newest cannot be read.

        Raises:
            FileNotFoundError: if there is neither.
            ValueError: if none that is there can be read, or is a checkpoint.
        """
        if not self.exists():
            raise FileNotFoundError(f"no checkpoint '{self.path}' to resume from or to evaluate; {self._advice()}.")
        try:
            state = self._read(self.path)
        except (OSError, ValueError) as error:
            if not self.before.is_file():
                raise ValueError(f"{error}; {self._advice()}.") from error
            return self._read_before(error)
        self._is_good = True
        return state

    def put_away(self) -> None:
        """Keep what another run has left here as `previous_<name>`, or `previous_2_<name>` and so on: a run that starts anew costs no other's checkpoint. Rank 0 does it."""
        if idist.get_rank() != 0:
            return
        for path in (self.path, self.before):
            if path.is_file():
                kept = next(name for name in self._names(path) if not name.exists())
                os.replace(path, kept)
                logger.warning("'%s' of an earlier run is kept as '%s'.", path, kept.name)
        if _launch():
            with atomic_file(self.launch) as temporary:
                Path(temporary).write_text(_launch(), encoding="utf-8")

    def _read_before(self, why: Exception) -> dict[str, Any]:
        try:
            state = self._read(self.before)
        except (OSError, ValueError) as error:
            raise ValueError(f"{why}; nor can the one before: {error}; {self._advice()}.") from error
        if idist.get_rank() == 0:
            warnings.warn(f"{why}: the good one before it, '{self.before}', is read in its place.", stacklevel=4)
        return state

    def _read(self, path: Path) -> dict[str, Any]:
        if not path.is_file():
            raise FileNotFoundError(f"checkpoint '{path}' is missing")
        try:
            ZipSeal.check(path)
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # the unpickler raises about any kind on foreign bytes
            raise ValueError(f"checkpoint '{path}' is cut or corrupt and cannot be read") from error
        if not isinstance(state, dict) or not state.keys() >= self.keys:
            raise ValueError(f"'{path}' must be a training checkpoint (with {', '.join(sorted(self.keys))}), it is not")
        return state

    def _advice(self) -> str:
        advice = "run without `--resume true` to start anew"
        kept = self.path.with_name(f"previous_{self.path.name}")
        return f"{advice}, or rename '{kept}' of the run before to go on with that" if kept.is_file() else advice

    @staticmethod
    def _names(path: Path) -> Iterator[Path]:
        """What another run's file may be called."""
        yield path.with_name(f"previous_{path.name}")
        for number in count(2):
            yield path.with_name(f"previous_{number}_{path.name}")


def _launch() -> str:
    """What torchrun calls its launch, the same in processes that it starts again; nothing without it."""
    return os.environ.get("TORCHELASTIC_RUN_ID", "")


def _save(state: Mapping[str, Any], path: Path) -> None:
    with open(path, "wb") as file:
        try:
            torch.save(state, file)
        except (
            RuntimeError
        ) as error:  # torch's, about what broke it off: the disk, or the loader's word of a killed worker
            raise error.__context__ or error from None


def _sizes(value: Any) -> Iterator[int]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _sizes(item)
    elif isinstance(value, Tensor):
        yield value.nbytes


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _require_plain(value: Any, name: str) -> None:
    """Found when written, not when a killed run wants to go on."""
    if type(value) in (dict, OrderedDict):
        for key, item in value.items():
            _require_plain(item, f"{name}.{key}")
    elif type(value) in (list, tuple):
        for index, item in enumerate(value):
            _require_plain(item, f"{name}.{index}")
    elif type(value) not in (type(None), bool, int, float, str, Tensor, nn.Parameter):
        raise TypeError(
            f"{name} must be a tensor, number, string, list or dict to be saved, got {type(value).__name__}."
        )
