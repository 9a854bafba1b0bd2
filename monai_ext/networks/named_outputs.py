# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["NamedOutputs"]

_BATCH, _ROWS, _COLUMNS = 2, 4, 6  # of the example, all different, so that none is taken for another or for a constant


class NamedOutputs(nn.Module):
    """A network as files of other runtimes hold it: an image in, one tensor or a tuple of them out, each with a name.

    Args:
        network: one of ours; in evaluation mode from here on.

    Attributes:
        names: of the outputs: `pred` if there is one; for a dictionary of lists key and number, `box_regression_0`.
        in_channels: of the image.
        multiple: pixels; both sides of an image are multiples of it.
        least: smallest sides, in multiples, of an image that shows all that the network does: two, or more than an attention window.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval()
        encoder = getattr(network, "encoder", network)
        self.in_channels, self.multiple = encoder.in_channels, _multiple(network)
        window = getattr(encoder, "window", None)
        self.least = 2 if window is None else max(2, window * encoder.patch_size // self.multiple + 1)
        with torch.no_grad():
            self.names = tuple(_named(network(self.image(1, self.least, self.least))))
        self.eval()

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Outputs in the order of the names; image as the network takes it."""
        outputs = tuple(_named(self.network(image)).values())
        return outputs[0] if len(outputs) == 1 else outputs

    def image(self, batch: int, rows: int, columns: int, seed: int | None = None) -> Tensor:
        """An image (batch, in_channels, height, width) where the weights are; rows and columns count multiples. Zeros, or normal noise."""
        shape = (batch, self.in_channels, rows * self.multiple, columns * self.multiple)
        device = next(self.parameters()).device
        if seed is None:
            return torch.zeros(shape, device=device)
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(device)

    def example(self) -> Tensor:
        """An image that an export may look at: with several attention windows, if there are any, and no two sizes equal."""
        return self.image(_BATCH, max(_ROWS, 2 * self.least), max(_COLUMNS, 3 * self.least))


def _multiple(network: nn.Module) -> int:
    if hasattr(network, "patch_size"):
        return network.patch_size
    return max(network.size_divisible)  # of MONAI's detectors, an axis each


def _named(outputs: Any) -> dict[str, Tensor]:
    if isinstance(outputs, Tensor):
        return {"pred": outputs}
    found = {}
    for name, value in outputs.items() if isinstance(outputs, Mapping) else enumerate(outputs):
        several = isinstance(value, Sequence)
        found |= {f"{name}_{number}": one for number, one in enumerate(value)} if several else {str(name): value}
    return found
