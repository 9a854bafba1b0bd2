# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from monai.apps.detection.networks.retinanet_network import RetinaNet
from torch import Tensor

from .seeded import seeded
from .vit import ViTEncoder
from .vit_pyramid import ViTPyramid

__all__ = ["ViTRetinaNet"]

_COARSEST = 32  # pixels of the image that a place of the last map stands for


class ViTRetinaNet(RetinaNet):
    """MONAI's RetinaNet on the features of a vision transformer: for each place of four maps the logit of a lesion, and its box.

    Args:
        encoder: patches of 16 pixels; its weights lie under `feature_extractor.encoder.` in the state dict.
        width: channels of the pyramid and of the heads, a multiple of 8.
        seed: of the first weights besides the encoder's; None draws from torch's global generator.

    Raises:
        ValueError: as `ViTPyramid`.

    References:
        RetinaNet, arXiv 1708.02002; ViTDet, arXiv 2203.16527.
    """

    def __init__(self, encoder: ViTEncoder, *, width: int = 256, seed: int | None = None) -> None:
        with seeded(seed):
            pyramid = ViTPyramid(encoder, width)
            super().__init__(
                spatial_dims=2, num_classes=1, num_anchors=1, feature_extractor=pyramid, size_divisible=_COARSEST
            )

    @property
    def encoder(self) -> ViTEncoder:
        """What pre-trained weights are loaded into."""
        return self.feature_extractor.encoder

    def forward(self, images: Tensor) -> dict[str, list[Tensor]]:
        """Maps of an image, in float32 whatever the precision: above 256, bfloat16 has even numbers only.

        Args:
            images: (batch, in_channels, height, width), standardised; 32 divides both sides.

        Returns:
            `classification`: four maps (batch, 1, height / stride, width / stride) of logits; `box_regression`: four maps (batch, 4, ...).
        """
        return {name: [values.float() for values in maps] for name, maps in super().forward(images).items()}
