# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["AnatomicalConsistencyLoss"]


class AnatomicalConsistencyLoss(nn.Module):
    """Keeps the vessels of the reconstruction where they were in the image.

    L_cons = mean over pixels of BCE(S(I'), sigmoid S(I))

    S is frozen: it gets no gradient and stays in evaluation mode whatever mode the loss is put into; the gradient goes
    through it to the reconstruction I'.

    Args:
        segmentor: S, from images (batch, 1, height, width), standardised, to logits of the same shape.

    References:
        VasoMIM, arXiv 2508.10794, anatomical consistency loss.
    """

    def __init__(self, segmentor: nn.Module) -> None:
        super().__init__()
        self.segmentor = segmentor.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> AnatomicalConsistencyLoss:
        super().train(mode)
        self.segmentor.eval()
        return self

    def forward(self, reconstruction: Tensor, probability: Tensor) -> Tensor:
        """Loss of a batch.

        Args:
            reconstruction: I', (batch, 1, height, width), standardised like the images that S was trained on.
            probability: sigmoid S(I), (batch, 1, height, width), in [0, 1]; gets no gradient.

        Returns:
            The loss, a scalar.
        """
        logits = self.segmentor(reconstruction)
        return F.binary_cross_entropy_with_logits(logits.float(), probability.detach().float())
