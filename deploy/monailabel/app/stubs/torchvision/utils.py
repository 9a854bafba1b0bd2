# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["make_grid", "save_image"]


def make_grid(*args: object, **kwargs: object) -> None:
    """Not there: MONAI Label draws pictures by it while DeepEdit trains."""
    raise NotImplementedError("torchvision must be installed to draw grids, this app has only a stub of it.")


save_image = make_grid
