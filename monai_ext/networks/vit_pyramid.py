# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor, nn

from .seeded import seeded
from .vit import ViTEncoder

__all__ = ["ViTPyramid"]

_GROUP = 8  # channels that are normalised together


class ViTPyramid(nn.Module):
    """Simple feature pyramid: maps of 1/4, 1/8, 1/16 and 1/32 of the image, all from the last features of a vision transformer.

    A plain transformer has one resolution; enlarging or halving its last map does as well as joining maps of several depths. Lesions
    have sizes from 15 pixels to half of the image.

    Args:
        encoder: patches of 16 pixels; its weights lie under `encoder.` in the state dict.
        out_channels: of each map, a multiple of 8.
        seed: of the first weights besides the encoder's; None draws from torch's global generator.

    Raises:
        ValueError: if patches have another size, or 8 does not divide out_channels or half of the encoder's width.

    References:
        ViTDet, arXiv 2203.16527, section 3. Group norm takes the place of its layer norm, as in `ConvBlock`.
    """

    def __init__(self, encoder: ViTEncoder, out_channels: int = 256, *, seed: int | None = None) -> None:
        super().__init__()
        hidden = encoder.hidden_size
        if encoder.patch_size != 16:
            raise ValueError(
                f"encoder must have patches of 16 px, so that the strides are 4 to 32, got {encoder.patch_size}; take another model."
            )
        if out_channels <= 0 or out_channels % _GROUP or hidden % (2 * _GROUP):
            raise ValueError(
                f"out_channels must be a positive multiple of {_GROUP}, and the encoder's width of {2 * _GROUP}, got {out_channels} and {hidden}."
            )
        self.encoder, self.out_channels = encoder, out_channels
        with seeded(seed):
            self.levels = nn.ModuleList(
                nn.Sequential(*resize, *_smooth(channels, out_channels))
                for resize, channels in (
                    ([*_double(hidden), nn.GELU(), nn.ConvTranspose2d(hidden // 2, hidden // 4, 2, 2)], hidden // 4),
                    ([nn.ConvTranspose2d(hidden, hidden // 2, 2, 2)], hidden // 2),
                    ([], hidden),
                    ([nn.MaxPool2d(2)], hidden),
                )
            )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps of an image.

        Args:
            image: (batch, in_channels, height, width), standardised; 32 divides both sides.

        Returns:
            Four maps (batch, out_channels, height / stride, width / stride), of strides 4, 8, 16 and 32.

        Raises:
            ValueError: if the patch does not divide the image.
        """
        features = self.encoder(image)
        return [level(features) for level in self.levels]


def _double(channels: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(channels, channels // 2, 2, 2), nn.GroupNorm(channels // 2 // _GROUP, channels // 2)]


def _smooth(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.GroupNorm(out_channels // _GROUP, out_channels),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        nn.GroupNorm(out_channels // _GROUP, out_channels),
    ]
