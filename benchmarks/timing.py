# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

__all__ = ["interleaved_medians"]


def interleaved_medians(
    calls: Sequence[Callable[[], object]], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Median seconds of each call, timed in turn so that a busy machine disturbs all of them alike; one call of each warms up.

    Args:
        calls: what to time.
        repeats: timed rounds.
        clock: seconds; `time.process_time` counts those of the processor that this process has had, where others are at work, too.
    """
    for call in calls:
        call()
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, times in zip(calls, seconds, strict=True):
            start = clock()
            call()
            times.append(clock() - start)
    return [statistics.median(times) for times in seconds]
