# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .own_process_group import own_process_group

__all__ = ["DeviceDataLoader"]


class DeviceDataLoader(DataLoader):
    """A data loader that copies the next batch to the GPU while the current one is worked on; for a CPU it is torch's.

    Batches lie in pinned memory and are copied on a stream of their own, so neither the host nor the GPU waits for them. A signal to the process does not end
    its workers, see `own_process_group`.

    Args:
        dataset: whose batches are dictionaries; values that are no tensors stay as they are.
        device: where the batches are needed.
        **options: of torch's loader.
    """

    def __init__(self, dataset: Dataset, *, device: torch.device | str = "cpu", **options: Any) -> None:
        self.device = torch.device(device)
        options.setdefault("worker_init_fn", own_process_group)
        super().__init__(dataset, pin_memory=self.device.type == "cuda", **options)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        batches = super().__iter__()
        return self._ahead(batches) if self.device.type == "cuda" else batches

    def _ahead(self, batches: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        stream = torch.cuda.Stream(self.device)
        coming = self._copied(next(batches, None), stream)
        while coming is not None:
            self._wait(coming, stream)
            batch, coming = coming, self._copied(next(batches, None), stream)
            yield batch

    def _copied(self, batch: dict[str, Any] | None, stream: torch.cuda.Stream) -> dict[str, Any] | None:
        with torch.cuda.stream(stream):
            return batch and {name: _moved(value, self.device) for name, value in batch.items()}

    def _wait(self, batch: dict[str, Any], stream: torch.cuda.Stream) -> None:
        """The GPU's work from here on comes after the copy; the host goes on."""
        current = torch.cuda.current_stream(self.device)
        current.wait_stream(stream)
        for value in batch.values():
            if isinstance(value, Tensor):
                value.record_stream(current)  # so that its memory is not given away while a step still reads it


def _moved(value: Any, device: torch.device) -> Any:
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
