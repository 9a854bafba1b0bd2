# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import Any, Protocol, TypeVar

import torch

from ..parallel_map import parallel_map

__all__ = ["MEMORY", "Restartable", "run_jobs"]

_J = TypeVar("_J")
MEMORY = "a process was killed, most likely for want of memory; try fewer processes."
_FIRST_ANSWER = 30  # seconds


class Restartable(Protocol[_J]):
    """Work whose results are files: a job that is done already returns at once."""

    def __call__(self, job: _J) -> None:
        """Does a job, unless it is done."""

    def is_done(self, job: _J) -> bool:
        """Whether the result of a job exists."""

    def began(self, job: _J) -> bool:
        """Whether a process may have died at the job; never of work whose jobs cannot kill a process."""

    def blame(self, job: _J) -> Restartable[_J]:
        """The same work without what killed the process that did the job; RuntimeError if that is unknown."""


def run_jobs(
    work: Restartable[_J],
    jobs: Sequence[_J],
    *,
    amount: int | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
) -> Iterator[_J]:
    """Does jobs in processes of this machine, or on a Dask cluster; a job that kills its process does not end the run.

    Args:
        work: a function whose results are files, which all processes see.
        jobs: to do; each can be told from the others by ==.
        amount: frames in all jobs, by which the number of processes is chosen.
        processes: of this machine; None for one a core, fewer for little work.
        scheduler: address of a Dask scheduler, such as tcp://host:8786; its workers do the jobs. They need this package, and one thread each
            (`dask worker ADDRESS --nworkers 8 --nthreads 1`): a crash then harms one job.

    Yields:
        The jobs, as they are done.

    Raises:
        RuntimeError: if a process was killed for a reason that no job can be blamed for.
        ImportError: without dask.distributed, where a scheduler is given.
        OSError: if the scheduler does not answer.
    """
    return _on_cluster(work, jobs, scheduler) if scheduler else _here(work, list(jobs), amount or len(jobs), processes)


def _here(work: Restartable[_J], jobs: list[_J], amount: int, processes: int | None) -> Iterator[_J]:
    while jobs:
        done = 0
        results = parallel_map(work, jobs, count=amount, processes=processes, apart=True)
        try:
            with closing(results):
                for _ in results:
                    yield jobs[done]
                    done += 1
            return
        except BrokenProcessPool:
            jobs = jobs[done:]
        suspects = [job for job in jobs if work.began(job)]
        if not suspects:
            raise RuntimeError(MEMORY)
        for job in suspects:
            work = _alone(work, job)
            yield job
        jobs = [job for job in jobs if job not in suspects]


def _alone(work: Restartable[_J], job: _J) -> Restartable[_J]:
    """Does one job with nobody else at work, so that a death is its own; the work that is left after that."""
    while True:
        try:
            for _ in parallel_map(work, [job], count=1, processes=1, apart=True):
                return work
        except BrokenProcessPool:
            work = work.blame(job)


def _on_cluster(work: Restartable[_J], jobs: Sequence[_J], scheduler: str) -> Iterator[_J]:
    try:
        from distributed import Client, KilledWorker, as_completed
    except ImportError as error:
        raise ImportError("a scheduler needs Dask; pip install 'monai_ext[dask]'.") from error
    try:
        client = Client(scheduler, timeout=_FIRST_ANSWER)
    except (OSError, ValueError) as error:
        raise OSError(
            f"scheduler must be the address of a running one, such as tcp://host:8786, got '{scheduler}' ({error})."
        ) from error
    with client:
        waiting = {client.submit(_on_one_thread, work, job, pure=False): job for job in jobs}
        finished = as_completed(waiting)
        for future in finished:
            job = waiting.pop(future)
            try:
                future.result()
                yield job
            except KilledWorker:
                work = work.blame(job)
                again = client.submit(_on_one_thread, work, job, pure=False)
                waiting[again] = job
                finished.add(again)


def _on_one_thread(work: Callable[[Any], None], job: Any) -> None:
    """As in `parallel_map`, so that results do not depend on where they were made."""
    torch.set_num_threads(1)
    work(job)
