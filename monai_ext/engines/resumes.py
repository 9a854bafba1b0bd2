# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import ignite.distributed as idist

from .as_bool import as_bool

__all__ = ["resumes"]


def resumes(resume: bool | str, there: bool) -> bool:
    """Whether a run goes on from its checkpoint.

    `auto` goes on where there is one and starts anew where there is none, for commands that are given again and again by a batch system. Where
    torchrun has started the processes again after one was lost (`--max-restarts`), false means auto: the checkpoint is this run's own, see
    `CheckpointFile.put_away`. All ranks do as rank 0 finds; one that then lacks the file says so.

    Args:
        resume: true, false, or auto, in any case of letters.
        there: whether there is a checkpoint.

    Raises:
        ValueError: if resume is none of these.
    """
    if str(resume).lower() != "auto" and (_as_asked(resume) or _restarts() == 0):
        return _as_asked(resume)
    return bool(idist.broadcast(float(there)))


def _as_asked(resume: bool | str) -> bool:
    try:
        return as_bool(resume)
    except ValueError as error:
        raise ValueError(f"resume must be true, false or auto, got {resume!r}.") from error


def _restarts() -> int:
    """Each node's torchrun counts its own; a node that was lost and is back counts from 0."""
    return int(idist.all_reduce(int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)), "MAX"))
