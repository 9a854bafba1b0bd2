# SPDX-License-Identifier: Apache-2.0
"""Crop and resize a whole batch at once, on its device, each image by a box of its own."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .image_draws import ImageDraws

__all__ = ["crop_resize", "crop_resize_nearest", "full_boxes", "random_crop_boxes"]

_CANDIDATES = 10
_Taps = tuple[Tensor, Tensor]


def full_boxes(extent: Tensor) -> Tensor:
    """Boxes (batch, 4) that hold the whole image; extent is (batch, 2), height and width in pixels."""
    return torch.cat([torch.zeros_like(extent), extent], dim=1)


def random_crop_boxes(
    extent: Tensor,
    draws: ImageDraws,
    *,
    area: tuple[float, float] = (0.2, 1.0),
    ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> Tensor:
    """Boxes of a random resized crop, one an image.

    The rule of GoogLeNet's crop: a share of the area, uniform, and a ratio of width to height, uniform in its logarithm,
    are drawn until the box fits, at most ten times; then the largest central box of an allowed ratio is taken. All ten are drawn
    at once here and the first that fits is kept, which is the same law.

    Args:
        extent: (batch, 2), height and width of each image in pixels, integer.
        draws: source of randomness.
        area: smallest and largest share of the image's area.
        ratio: smallest and largest ratio of width to height.

    Returns:
        (batch, 4), int64: top, left, height, width in pixels, inside the image.

    References:
        Szegedy et al., arXiv 1409.4842, section 6.
    """
    height, width = extent.float().unbind(dim=1)
    size, oblong, down, right = draws.uniform(4, _CANDIDATES).unbind(dim=1)
    target = (height * width)[:, None] * (area[0] + (area[1] - area[0]) * size)
    shape = torch.exp(math.log(ratio[0]) + (math.log(ratio[1]) - math.log(ratio[0])) * oblong)
    box_height = (target / shape).sqrt().round().clamp_min(1)
    box_width = (target * shape).sqrt().round().clamp_min(1)
    fits = (box_height <= height[:, None]) & (box_width <= width[:, None])
    first = fits.float().argmax(dim=1, keepdim=True)
    box_height, box_width = (side.gather(1, first).squeeze(1) for side in (box_height, box_width))
    top = (down.gather(1, first).squeeze(1) * (height - box_height + 1)).floor()
    left = (right.gather(1, first).squeeze(1) * (width - box_width + 1)).floor()
    boxes = torch.stack([top, left, box_height, box_width], dim=1)
    return torch.where(fits.any(dim=1, keepdim=True), boxes, _central_boxes(height, width, ratio)).long()


def _central_boxes(height: Tensor, width: Tensor, ratio: tuple[float, float]) -> Tensor:
    box_height = torch.minimum(height, (width / ratio[0]).round())
    box_width = torch.minimum(width, (height * ratio[1]).round())
    return torch.stack(
        [((height - box_height) / 2).floor(), ((width - box_width) / 2).floor(), box_height, box_width], dim=1
    )


def crop_resize(image: Tensor, boxes: Tensor, size: tuple[int, int], flip: Tensor | None = None) -> Tensor:
    """Cut a box out of each image and resize it, bicubic with anti-aliasing.

    Equals Pillow's crop followed by its bicubic resize (cubic with a = -0.5, the filter widened by the reduction, weights cut at
    the box and normalised), in floating point. It is separable and sparse: each axis is a weighted sum of a few rows, done
    as one `embedding_bag` for the whole batch; on a CPU for one image at a time, whose box then stays in the cache.

    Args:
        image: (batch, 1, height, width), float, or integer (computed as float32).
        boxes: (batch, 4), top, left, height, width in pixels, inside the image.
        size: height and width of the result.
        flip: (batch,), bool, which results to mirror left to right; none when left out.

    Returns:
        (batch, 1, size[0], size[1]), float.
    """
    dtype = image.dtype if image.is_floating_point() else torch.float32
    top, left, box_height, box_width = boxes.unbind(dim=1)
    rows = _taps(top, box_height, size[0], image.shape[2], dtype)
    columns = _taps(left, box_width, size[1], image.shape[3], dtype)
    if flip is not None:
        columns = tuple(torch.where(flip[:, None, None], taps.flip(1), taps) for taps in columns)
    if image.is_cuda or torch.compiler.is_compiling():
        return _resample_batch(image[:, 0].to(dtype), rows, columns).unsqueeze(1)
    return _resample_each(image[:, 0], boxes, rows, columns).unsqueeze(1)


def _resample_batch(image: Tensor, rows: _Taps, columns: _Taps) -> Tensor:
    for taps in (rows, columns):
        image = _weighted_rows(image, *taps).transpose(1, 2)
    return image


def _resample_each(image: Tensor, boxes: Tensor, rows: _Taps, columns: _Taps) -> Tensor:
    """The same, image by image, in scratch memory that stays in the processor's cache; NumPy turns arrays twice as fast as torch."""
    (batch, height, width), sides, dtype = image.shape, (rows[0].shape[1], columns[0].shape[1]), rows[1].dtype
    result = torch.empty(batch, *sides, dtype=dtype)
    part, turned = torch.empty(height * width, dtype=dtype), torch.empty(width, sides[0], dtype=dtype)
    row, column = (index - boxes[:, axis, None, None] for axis, (index, _) in enumerate((rows, columns)))
    for i, (top, left, h, w) in enumerate(boxes.tolist()):
        box = part[: h * w].view(h, w).copy_(image[i, top : top + h, left : left + w])
        strips = F.embedding_bag(row[i], box, mode="sum", per_sample_weights=rows[1][i])
        np.copyto(turned.numpy()[:w], strips.numpy().T)
        final = F.embedding_bag(column[i], turned[:w], mode="sum", per_sample_weights=columns[1][i])
        np.copyto(result[i].numpy(), final.numpy().T)
    return result


def crop_resize_nearest(packed: Tensor, boxes: Tensor, size: tuple[int, int], flip: Tensor | None = None) -> Tensor:
    """Cut a box out of each bit-packed map and resize it by nearest neighbour, on the same pixel grid as `crop_resize`.

    Only the pixels of the result are unpacked.

    Args:
        packed: (batch, 1, height, width / 8), uint8, see `unpack_bits`.
        boxes: (batch, 4), top, left, height, width in pixels, inside the image.
        size: height and width of the result.
        flip: (batch,), bool, which results to mirror left to right; none when left out.

    Returns:
        (batch, 1, size[0], size[1]), bool.
    """
    top, left, box_height, box_width = boxes.unbind(dim=1)
    rows = _centres(top, box_height, size[0]).long()
    columns = _centres(left, box_width, size[1]).long()
    if flip is not None:
        columns = torch.where(flip[:, None], columns.flip(1), columns)
    first = torch.arange(len(packed), device=packed.device)[:, None] * packed.shape[2]
    strips = packed.flatten(0, 2).index_select(0, (rows + first).flatten()).view(len(packed), size[0], -1)
    octets = strips.gather(2, (columns // 8)[:, None].expand(-1, size[0], -1))
    place = (128 >> columns % 8).to(torch.uint8)[:, None]
    return octets.bitwise_and_(place).bool().unsqueeze(1)


def _centres(start: Tensor, length: Tensor, out: int) -> Tensor:
    """Centres (batch, out) of the result's pixels, in the source's pixel edges."""
    return start[:, None] + (torch.arange(out, device=start.device) + 0.5) * (length / out)[:, None]


def _taps(start: Tensor, length: Tensor, out: int, source: int, dtype: torch.dtype) -> _Taps:
    """Index and weight (batch, out, taps) of the source rows that make each row of the result."""
    reduction = (length / out).clamp_min(1)[:, None, None]
    centre = _centres(start, length, out)[:, :, None]
    taps = torch.arange(math.ceil(4 * max(source / out, 1)) + 1, device=start.device)
    index = (centre - 2 * reduction + 0.5).floor() + taps
    weight = _cubic((index + 0.5 - centre) / reduction)
    inside = index.clamp(start[:, None, None], (start + length - 1)[:, None, None])
    weight = weight * (index == inside)
    return inside.int(), (weight / weight.sum(dim=-1, keepdim=True)).to(dtype)


def _cubic(distance: Tensor) -> Tensor:
    """Cubic convolution kernel, a = -0.5 (Keys, IEEE Trans. ASSP 29(6), 1981).

    Its outer piece up to 2, and what the inner piece has more up to 1, where that is 0: no choice, hence half of the passes over the taps.
    """
    x = distance.abs()
    outer, inner = x.clamp_max(2), x.clamp_max(1)
    return ((2.5 - 0.5 * outer) * outer - 4) * outer + 2 + (inner - 1).square() * (2 * inner - 1)


def _weighted_rows(image: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """(batch, rows, columns) to (batch, out, columns): out[b, i] = sum over taps of weight[b, i, t] * image[b, index[b, i, t]]."""
    batch, rows, columns = image.shape
    offset = torch.arange(batch, device=image.device)[:, None, None] * rows
    table = image.reshape(batch * rows, columns)
    bags = F.embedding_bag((index + offset).flatten(0, 1), table, mode="sum", per_sample_weights=weight.flatten(0, 1))
    return bags.reshape(batch, -1, columns)
