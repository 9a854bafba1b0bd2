# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monai.data import list_data_collate

__all__ = ["collate_same_size"]


def collate_same_size(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A batch of what `LoadAngiogramd` has loaded; MONAI's own message for images of several sizes prints their pixels.

    Args:
        items: with `image`, (1, height, width), and `image_path`.

    Returns:
        The batch, as MONAI's `list_data_collate` makes it.

    Raises:
        ValueError: if two images differ in size.
    """
    first = items[0]
    for item in items:
        if item["image"].shape != first["image"].shape:
            raise ValueError(
                f"images of a batch must be of one size, got {_size(first)} and {_size(item)}; set batch_size to 1."
            )
    return list_data_collate(items)


def _size(item: dict[str, Any]) -> str:
    return f"{'x'.join(map(str, item['image'].shape[1:]))} of '{item['image_path']}'"
