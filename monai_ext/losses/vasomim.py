# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from monai_ext.ops import denormalise_patches

from .anatomical_consistency import AnatomicalConsistencyLoss
from .masked_reconstruction import MaskedReconstructionLoss

__all__ = ["VasoMIMLoss"]


class VasoMIMLoss(nn.Module):
    """The loss of VasoMIM: L = w_rec L_rec + w_cons L_cons.

    The reconstruction I' that the consistency sees is every predicted patch, de-normalised with the mean and variance of
    the target patch; visible patches are not pasted back. With `segmentor=None` or `consistency_weight=0` it is the loss
    of a plain masked auto-encoder.

    `parts` holds the value of each part at the latest step, detached, on the device: what the curves show.

    Args:
        patch_size: side of a patch in pixels.
        segmentor: S, frozen; needed where consistency_weight > 0.
        reconstruction_weight: of L_rec, >= 0.
        consistency_weight: of L_cons, >= 0.

    Raises:
        ValueError: if a weight is negative, or the consistency has a weight but no segmentor.

    References:
        VasoMIM, arXiv 2508.10794.
    """

    def __init__(
        self,
        patch_size: int,
        segmentor: nn.Module | None = None,
        reconstruction_weight: float = 1.0,
        consistency_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if reconstruction_weight < 0 or consistency_weight < 0:
            raise ValueError(
                f"weights of the losses must be >= 0, got {reconstruction_weight} and {consistency_weight}."
            )
        if consistency_weight and segmentor is None:
            raise ValueError(
                f"a consistency_weight of {consistency_weight} needs a segmentor, got none; name its weights or set the weight to 0."
            )
        self.patch_size = patch_size
        self.reconstruction = MaskedReconstructionLoss(patch_size)
        self.consistency = AnatomicalConsistencyLoss(segmentor) if consistency_weight else None
        self.reconstruction_weight = reconstruction_weight
        self.consistency_weight = consistency_weight
        self.parts: dict[str, Tensor] = {}

    def forward(self, prediction: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """Loss of a batch.

        Args:
            prediction: (batch, patches, patch_size**2), normalised pixels.
            targets: what `PrepareMaskedBatch` hands over: `image` (batch, 1, height, width), `hidden` (batch, patches),
                and `probability` (batch, 1, height, width) where there is a segmentor.

        Returns:
            The loss, a scalar in float32.
        """
        image = targets["image"]
        reconstruction = self.reconstruction(prediction, image, targets["hidden"])
        loss = self.reconstruction_weight * reconstruction
        self.parts = {"reconstruction": reconstruction.detach()}
        if self.consistency is not None:
            whole = denormalise_patches(prediction.float(), image.float(), self.patch_size)
            consistency = self.consistency(whole, targets["probability"])
            loss = loss + self.consistency_weight * consistency
            self.parts["consistency"] = consistency.detach()
        return loss
