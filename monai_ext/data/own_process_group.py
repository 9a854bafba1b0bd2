# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal

__all__ = ["own_process_group"]


def own_process_group(_: int = 0) -> None:
    """Takes a worker of a data loader out of the group of its training, so that a signal to the group does not end it.

    Torchrun signals groups on SIGTERM, a terminal does on Ctrl-C. The training finishes its step and saves first, and needs its workers for that; then it ends them
    itself. Workers of a training that was killed notice within seconds. For `worker_init_fn`.

    Args:
        _: number of the worker.
    """
    if hasattr(os, "setpgid"):  # not on Windows
        os.setpgid(0, 0)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # Slurm may signal every process of a job
