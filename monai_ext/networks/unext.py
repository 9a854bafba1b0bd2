# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .check_weights import check_weights
from .fold_rgb import IMAGENET_MEAN, IMAGENET_STD, fold_rgb
from .seeded import seeded

__all__ = ["UNeXt"]

WIDTHS = {"small": (8, 16, 32, 64, 128), "full": (16, 32, 128, 160, 256)}
PATCH_SIZE = 32  # pixels a side of the deepest stage's tokens
REACH = 2  # pixels: the five parts of the channels move by -2, -1, 0, 1, 2


class UNeXt(nn.Module):
    """Vessel segmentor: a small U-net whose two deepest stages mix pixels by shifted MLPs.

    The names of its parameters are those of the published weights, so its state dict is the published layout. Maps are
    kept in channels_last memory on a CPU, where the MLPs and layer norms see tokens without a copy, and in torch's default on a GPU, where
    convolutions of so few channels are faster (docs/performance.md).

    Args:
        in_channels: of the image; the published weights have 3, this project's 1.
        out_channels: of the logits.
        size: "small" (UNeXt-S, 0.25 M parameters) or "full" (1.47 M).
        seed: of the first weights; None draws from torch's global generator, as any torch layer does.

    Raises:
        ValueError: if the size is unknown.

    References:
        UNeXt, arXiv 2203.04967.
    """

    def __init__(
        self, in_channels: int = 1, out_channels: int = 1, size: str = "small", *, seed: int | None = None
    ) -> None:
        super().__init__()
        if size not in WIDTHS:
            raise ValueError(f"size must be one of {', '.join(WIDTHS)}, got {size!r}.")
        self.in_channels, self.patch_size = in_channels, PATCH_SIZE
        with seeded(seed):
            self._build(in_channels, out_channels, *WIDTHS[size])
        self.to(memory_format=torch.channels_last)

    def _apply(self, function: Callable, recurse: bool = True) -> UNeXt:
        """Moves the weights; what lies on a GPU then is in torch's default memory, which that of the maps follows."""
        super()._apply(function, recurse)
        for weight in self.parameters():
            weight.data = weight.data.contiguous() if weight.is_cuda else weight.data
        return self

    def _build(self, inputs: int, outputs: int, w1: int, w2: int, w3: int, w4: int, w5: int) -> None:
        self.encoder1, self.encoder2, self.encoder3 = _conv(inputs, w1), _conv(w1, w2), _conv(w2, w3)
        self.ebn1, self.ebn2, self.ebn3 = nn.BatchNorm2d(w1), nn.BatchNorm2d(w2), nn.BatchNorm2d(w3)
        self.patch_embed3, self.patch_embed4 = _PatchEmbedding(w3, w4), _PatchEmbedding(w4, w5)
        self.block1, self.block2 = (nn.Sequential(_ShiftedBlock(w)) for w in (w4, w5))
        self.norm3, self.norm4 = nn.LayerNorm(w4), nn.LayerNorm(w5)
        self.decoder1, self.decoder2, self.decoder3 = _conv(w5, w4), _conv(w4, w3), _conv(w3, w2)
        self.decoder4, self.decoder5 = _conv(w2, w1), _conv(w1, w1)
        self.dbn1, self.dbn2, self.dbn3, self.dbn4 = (nn.BatchNorm2d(w) for w in (w4, w3, w2, w1))
        self.dblock1, self.dblock2 = (nn.Sequential(_ShiftedBlock(w)) for w in (w4, w3))
        self.dnorm3, self.dnorm4 = nn.LayerNorm(w4), nn.LayerNorm(w3)
        self.final = nn.Conv2d(w1, outputs, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits of an image.

        Args:
            image: (batch, in_channels, height, width), standardised; 32 divides both sides.

        Returns:
            (batch, out_channels, height, width), logits.

        Raises:
            ValueError: if 32 does not divide the image.
        """
        height, width = image.shape[-2:]
        if height % PATCH_SIZE or width % PATCH_SIZE or not height or not width:
            raise ValueError(
                f"image size must be a multiple of {PATCH_SIZE} for UNeXt, got {height}x{width}; crop, pad or resize the image."
            )
        t1 = _down(self.encoder1, self.ebn1, image)
        t2 = _down(self.encoder2, self.ebn2, t1)
        t3 = _down(self.encoder3, self.ebn3, t2)
        t4 = _over_channels(self.norm3, self.block1(self.patch_embed3(t3)))
        bottom = _over_channels(self.norm4, self.block2(self.patch_embed4(t4)))
        x = _up(self.decoder1, self.dbn1, bottom) + t4
        x = _over_channels(self.dnorm3, self.dblock1(x))
        x = _up(self.decoder2, self.dbn2, x) + t3
        x = _over_channels(self.dnorm4, self.dblock2(x))
        x = _up(self.decoder3, self.dbn3, x) + t2
        x = _up(self.decoder4, self.dbn4, x) + t1
        return self.final(_up(self.decoder5, None, x))

    def load_published_state_dict(
        self,
        state_dict: Mapping[str, Tensor],
        *,
        fold: bool = False,
        mean: float | None = None,
        std: float | None = None,
        rgb_mean: Sequence[float] = IMAGENET_MEAN,
        rgb_std: Sequence[float] = IMAGENET_STD,
    ) -> UNeXt:
        """Load weights in the published layout; `state_dict()` gives them back in it.

        Counts of batches seen by the batch norms may be left out: evaluation needs none.

        Args:
            state_dict: the weights, all of them.
            fold: let a network of one channel take weights of three, exactly but for the pixels that the zero padding of the
                image reaches (see `fold_rgb`); they lie at the border, a receptive field deep.
            mean: of the grey images, for the folding.
            std: of the grey images, for the folding.
            rgb_mean: that the three channels were trained with, for the folding.
            rgb_std: that the three channels were trained with, for the folding.

        Returns:
            The network itself.

        Raises:
            ValueError: if a tensor is missing, of another shape or unknown; the message lists them.
        """
        own = self.state_dict()
        counts = {name: tensor for name, tensor in own.items() if name.endswith("num_batches_tracked")}
        weights = {**counts, **state_dict}
        if fold and self.in_channels == 1 and "encoder1.weight" in weights and weights["encoder1.weight"].shape[1] == 3:
            names = ("encoder1.weight", "encoder1.bias")
            folded = fold_rgb(*map(weights.get, names), mean=mean, std=std, rgb_mean=rgb_mean, rgb_std=rgb_std)
            weights |= dict(zip(names, folded, strict=True))
        check_weights(own, weights, of="UNeXt")
        self.load_state_dict(weights)
        return self


class _PatchEmbedding(nn.Module):
    """Halves the map by overlapping patches, then normalises each pixel over its channels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=2, padding=1)
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return _over_channels(self.norm, self.proj(x))


class _ShiftedBlock(nn.Module):
    """x + MLP(norm(x)) with the shifted MLP of UNeXt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm2 = nn.LayerNorm(width)
        self.mlp = _ShiftedMLP(width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mlp(_over_channels(self.norm2, x))


class _ShiftedMLP(nn.Module):
    """Two layers over the channels, before which parts of the channels move along rows, then along columns."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.dwconv = _DepthwiseConvolution(width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dwconv(_over_channels(self.fc1, _shift(x, dim=2)))
        return _over_channels(self.fc2, _shift(F.gelu(x), dim=3))


class _DepthwiseConvolution(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, kernel_size=3, padding=1, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        return self.dwconv(x)


def _conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)


def _over_channels(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer of the last dimension applied to the channels; in channels_last memory neither move copies."""
    return layer(x.movedim(1, -1)).movedim(-1, 1)


def _shift(x: Tensor, dim: int) -> Tensor:
    """Moves the k-th fifth of the channels by k - 2 pixels along `dim`; zeros come in at the border."""
    padding = [0, 0, REACH, REACH] if dim == 2 else [REACH, REACH]
    parts = F.pad(x, padding).chunk(2 * REACH + 1, dim=1)
    return torch.cat([part.narrow(dim, 2 * REACH - k, x.shape[dim]) for k, part in enumerate(parts)], dim=1)


def _down(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return F.max_pool2d(_normalised(conv, norm, x), 2).relu_()


def _up(conv: nn.Conv2d, norm: nn.BatchNorm2d | None, x: Tensor) -> Tensor:
    x = conv(x) if norm is None else _normalised(conv, norm, x)
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False).relu_()


def _normalised(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    """norm(conv(x)); in evaluation the norm is a scale and a shift, put into the kernel: half the time on a CPU."""
    if norm.training:
        return norm(conv(x))
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    bias = (conv.bias - norm.running_mean) * scale + norm.bias
    return F.conv2d(x, conv.weight * scale.view(-1, 1, 1, 1), bias, padding=1)
