# SPDX-License-Identifier: Apache-2.0
"""The vessel segmentor on disk, in the published layout."""

from __future__ import annotations

import os
from pathlib import Path

from .unext import WIDTHS, UNeXt
from .weights_file import read_weights, write_weights

__all__ = ["load_segmentor", "save_segmentor"]


def load_segmentor(path: str | os.PathLike[str], *, in_channels: int = 1) -> UNeXt:
    """Frozen vessel segmentor S: full weights, no gradient for them, evaluation mode.

    Weights trained on RGB are first made grey by `UNeXt.load_published_state_dict(..., fold=True)` and `save_segmentor`.

    Args:
        path: `.safetensors`, or a state dict of torch.
        in_channels: of the images.

    Raises:
        FileNotFoundError: if there are no such weights; says how to get some.
        ValueError: if they do not fit; lists what differs.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"segmentor weights '{path}' do not exist; train them with configs/train_segmentor.json "
            "or use the bundle's models/segmentor.safetensors"
        )
    weights = read_weights(path)
    first = weights.get("encoder1.weight")
    size = "full" if first is not None and len(first) == WIDTHS["full"][0] else "small"
    network = UNeXt(in_channels, size=size, seed=0)
    try:
        network.load_published_state_dict(weights)
    except ValueError as error:
        raise ValueError(f"segmentor '{path}': {error}") from error
    return network.requires_grad_(False).eval()


def save_segmentor(network: UNeXt, path: str | os.PathLike[str]) -> None:
    """Write a segmentor's weights, whole or not at all: safetensors or a plain state dict, by the file's suffix.

    Args:
        network: the segmentor, on any device.
        path: such as `models/segmentor.safetensors`; its folder is made if missing.
    """
    write_weights(network.state_dict(), path)
