# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

__all__ = ["seeded"]


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draws the weights of layers built inside from a seed, and leaves the global generator as it was.

    torch's layers draw their first weights from the global generator of the CPU and take no other; this puts a seed in
    it and its own state back afterwards. Generators of other devices are left alone.

    Args:
        seed: None lets the layers draw from the global generator, as in plain torch.
    """
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
