# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Generic, TypeVar

__all__ = ["RunCells"]

Cell = TypeVar("Cell")


class RunCells(Generic[Cell]):
    """Processes, some at a time; the next starts as soon as one ends.

        with RunCells(cells, start, jobs=2) as ended:
            for cell, code in ended:
                ...

    The end of the block, an error or Ctrl-C in it ends those that are still running and starts no more.

    Args:
        cells: what to do, in this order.
        start: starts the process of a cell.
        jobs: how many at a time.
    """

    def __init__(self, cells: Sequence[Cell], start: Callable[[Cell], subprocess.Popen], *, jobs: int = 1) -> None:
        self.cells, self.start = cells, start
        self._pool = ThreadPoolExecutor(jobs)
        self._running: set[subprocess.Popen] = set()
        self._stopped, self._lock = False, threading.Lock()

    def __enter__(self) -> Iterator[tuple[Cell, int]]:
        """Pairs of a cell and its exit code, as they end."""
        futures = [self._pool.submit(self._run, cell) for cell in self.cells]
        return (future.result() for future in as_completed(futures))

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, cell: Cell) -> tuple[Cell, int]:
        with self._lock:
            if self._stopped:
                return cell, 1
            process = self.start(cell)
            self._running.add(process)
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        return cell, code
