# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

from monai_ext.ops import usable_cores

__all__ = ["parallel_map"]

_T = TypeVar("_T")
_R = TypeVar("_R")


def parallel_map(
    function: Callable[[_T], _R],
    jobs: Iterable[_T],
    *,
    count: int,
    processes: int | None = None,
    apart: bool = False,
    worth: int = 32,
) -> Iterator[_R]:
    """Results of a function in the order of its jobs, from several processes, a few at a time in memory.

    Every process computes on one thread, this one too while it works alone, so that results do not depend on how many there are.
    Processes are started afresh, not forked: a fork of a process with threads may hang.

    Args:
        function: of a module, so that other processes find it.
        jobs: its arguments.
        count: how many there are.
        processes: None for one a core, fewer for little work.
        apart: never in this process, so that a crash does not end it.
        worth: jobs that are worth starting a process, which costs some seconds of imports.

    Returns:
        An iterator over the results.

    Raises:
        ValueError: if processes is below 1.
        BrokenProcessPool: if a process was killed.
    """
    if processes is not None and processes < 1:
        raise ValueError(f"processes must be at least 1, got {processes}.")
    if processes is None:
        processes = max(1, min(usable_cores(), count // worth))
    return _alone(function, jobs) if processes == 1 and not apart else _together(function, iter(jobs), processes)


def _alone(function: Callable[[_T], _R], jobs: Iterable[_T]) -> Iterator[_R]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from map(function, jobs)
    finally:
        torch.set_num_threads(threads)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches all: the parent tells of it, workers end in silence
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot tell its workers to stop, and they would wait for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _together(function: Callable[[_T], _R], jobs: Iterator[_T], processes: int) -> Iterator[_R]:
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([__name__, function.__module__])  # import once, not once a process
    with ProcessPoolExecutor(processes, context, _start_worker) as pool:
        waiting = deque(pool.submit(function, job) for job in islice(jobs, 4 * processes))
        try:
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(function, job) for job in islice(jobs, 1))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
