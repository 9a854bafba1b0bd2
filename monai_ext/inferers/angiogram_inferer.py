# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch.nn.functional as F
from monai.inferers import Inferer, SlidingWindowInferer
from torch import Tensor

__all__ = ["AngiogramInferer"]

_OVERLAP = 0.5  # of neighbouring windows
_WINDOWS = 4  # at a time


class AngiogramInferer(Inferer):
    """Logits of an image at its own size, from a network that sees it at another.

    The image is resized (bicubic without aliasing, as PIL does), the network answers, the logits are resized back (bilinear). An image
    that has the size already is not touched.

    Args:
        image_size: what the network sees. A number is the longest side in pixels: the aspect is kept, and both sides are rounded to
            multiples of the patch. [height, width], multiples of the patch, stretches every image to exactly that.
        patch_size: of the network in pixels; 16 for a U-net of four halvings, too.
        window: None shows the network the whole resized image; a number is the side in pixels, a multiple of the patch, of windows that overlap by half
            and whose logits are blended by a Gaussian. A side of the image below it shortens the window.
        flip: average the logits with those of the mirror image (left and right); twice the time.

    Raises:
        ValueError: if a size is below the patch, or not a multiple of it where it must be.
    """

    def __init__(
        self, image_size: int | Sequence[int], patch_size: int = 16, *, window: int | None = None, flip: bool = False
    ) -> None:
        super().__init__()
        _check_size(image_size, patch_size)
        if window is not None:
            _check_multiples("window", [window], patch_size)
        self.image_size, self.patch_size, self.window, self.flip = image_size, patch_size, window, flip

    def __call__(self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """Logits of a batch.

        Args:
            inputs: (batch, channels, height, width), standardised, of any size from one patch up.
            network: (batch, channels, h, w) to logits (batch, classes, h, w) where the patch divides h and w.
            *args: handed to the network.
            **kwargs: handed to the network.

        Returns:
            (batch, classes, height, width), float32.

        Raises:
            ValueError: if a side of the image is below the patch.
        """
        native = tuple(inputs.shape[-2:])
        seen = _resize(inputs, self.seen_size(*native), "bicubic")
        logits = self._answer(seen, network, *args, **kwargs)
        if self.flip:
            logits = (logits + self._answer(seen.flip(-1), network, *args, **kwargs).flip(-1)) / 2
        return _resize(logits, native, "bilinear")

    def seen_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width at which the network sees an image of a height and width in pixels.

        Raises:
            ValueError: if a side is below the patch.
        """
        if min(height, width) < self.patch_size:
            raise ValueError(
                f"both sides of an image must be at least {self.patch_size} px (one patch), got {height}x{width}; leave it out or enlarge it."
            )
        if not isinstance(self.image_size, int):
            return tuple(self.image_size)
        scale = self.image_size / max(height, width) / self.patch_size
        return tuple(max(1, round(side * scale)) * self.patch_size for side in (height, width))

    def _answer(self, seen: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        if self.window is None:
            return network(seen, *args, **kwargs).float()
        roi = [min(self.window, side) for side in seen.shape[-2:]]
        return SlidingWindowInferer(roi, _WINDOWS, _OVERLAP, "gaussian")(seen, network, *args, **kwargs).float()


def _resize(maps: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    if tuple(maps.shape[-2:]) == size:
        return maps
    return F.interpolate(maps.float(), size, mode=mode, antialias=True)


def _check_size(image_size: int | Sequence[int], patch_size: int) -> None:
    if not isinstance(image_size, int):
        if len(image_size) != 2:
            raise ValueError(f"image_size must be one number or [height, width], got {list(image_size)}.")
        _check_multiples("image_size", image_size, patch_size)
    elif image_size < patch_size:
        raise ValueError(f"image_size must be at least patch_size, got {image_size} and {patch_size}.")


def _check_multiples(name: str, sides: Sequence[int], patch_size: int) -> None:
    if any(side < patch_size or side % patch_size for side in sides):
        raise ValueError(f"{name} must be of multiples of patch_size, got {list(sides)} and {patch_size}.")
