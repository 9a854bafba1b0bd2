# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import Protocol

import ignite.distributed as idist

from .as_bool import as_bool

__all__ = ["resumes"]


class _Checkpoint(Protocol):
    def exists(self) -> bool: ...

    def is_of_this_launch(self) -> bool: ...


def resumes(resume: bool | str, file: _Checkpoint) -> bool:
    """Whether a run goes on from its checkpoint.

    `auto` goes on where there is one and starts anew where there is none, for commands that are given again and again by a batch system. Where
    torchrun has started the processes again after one was lost (`--max-restarts`), false means auto, if the checkpoint is that of this launch. All ranks do as rank 0 finds; one that then lacks the file says so.

    Args:
        resume: true, false, or auto, in any case of letters.
        file: of the checkpoint, a `CheckpointFile`.

    Raises:
        ValueError: if resume is none of these.
    """
    if str(resume).lower() == "auto":
        return _as_rank_0(file.exists())
    if _as_asked(resume) or _restarts() == 0:
        return _as_asked(resume)
    return _as_rank_0(file.exists() and file.is_of_this_launch())


def _as_rank_0(finds: bool) -> bool:
    return bool(idist.broadcast(float(finds)))


def _as_asked(resume: bool | str) -> bool:
    try:
        return as_bool(resume)
    except ValueError as error:
        raise ValueError(f"resume must be true, false or auto, got {resume!r}.") from error


def _restarts() -> int:
    """Each node's torchrun counts its own; a node that was lost and is back counts from 0."""
    return int(idist.all_reduce(int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)), "MAX"))
