# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import torch
from monai.utils import set_determinism

__all__ = ["seed_run"]

_APART = 1_000_003
"""Between the seeds of two ranks, a prime: no two runs of small seeds share one."""


def seed_run(seed: int, rank: int = 0, deterministic: bool = False) -> None:
    """Where a run's chance begins, and, on request, that nothing else is left to chance: two runs on one machine end in equal bits.

    Torch's global generators, which dropped paths and workers of data loaders draw from, are seeded for each rank. With `deterministic` the
    generators of Python and numpy are, too, and torch, cuDNN and cuBLAS compute by deterministic algorithms only; an operation that has none
    is torch's error, which names it. That stays so for the process. For a configuration's `initialize`: cuBLAS looks at its setting
    once, before its first product.

    Args:
        seed: of the run, any integer.
        rank: of this process.
        deterministic: False leaves algorithms as they are set, and is faster on a GPU.
    """
    own = seed + _APART * rank
    torch.manual_seed(own)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        set_determinism(own, use_deterministic_algorithms=True)
