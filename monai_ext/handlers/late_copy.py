# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["LateCopy"]


class LateCopy:
    """A tensor on its way from the device to the host, which goes on meanwhile; from a CPU it is there at once.

    Args:
        tensor: what it is now; later changes do not count.
    """

    def __init__(self, tensor: Tensor) -> None:
        self._copy = tensor.detach().to("cpu", non_blocking=True, copy=True)  # torch takes pinned memory for it
        self._arrived = torch.cuda.Event() if tensor.is_cuda else None
        if self._arrived is not None:
            self._arrived.record(torch.cuda.current_stream(tensor.device))

    @property
    def is_here(self) -> bool:
        """Whether `get` would not wait."""
        return self._arrived is None or self._arrived.query()

    def get(self) -> Tensor:
        """The copy; waits for it where it is not here yet."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._copy
