# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import ignite.distributed as idist

__all__ = ["check_processes"]


def check_processes() -> None:
    """Refuses to go on where torchrun started several processes that know nothing of each other: each would do all of the work and write the same files.

    Raises:
        RuntimeError: if so.
    """
    asked = int(os.environ.get("WORLD_SIZE", 1))
    if asked != idist.get_world_size():
        raise RuntimeError(
            f"torchrun started {asked} processes, but the configuration is for {idist.get_world_size()}; lay the bundle's configs/multi_gpu_*.json "
            "over it, or start it without torchrun."
        )
