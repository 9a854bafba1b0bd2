# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from monai_ext.ops import guided_count, guided_mask, hidden_count, patch_distribution, patch_grid

from .prepare_batch import PrepareBatch
from .prepare_frames import PrepareFrames

__all__ = ["PrepareMaskedBatch"]


class PrepareMaskedBatch(PrepareBatch):
    """Augment, S(I) once, guidance, hidden patches: the `prepare_batch` of VasoMIM's pre-training.

    G = eta B(I) + (1 - eta) sigmoid S(I)

    and a share `guided_share` of the hidden patches is drawn in proportion to G, the rest uniformly. All randomness is
    here, so the network is a plain masked auto-encoder and another masking method is another object in its place.
    `guided_share` is a plain attribute: a schedule sets it at the start of each epoch.

    Args:
        frames: augments and standardises; its seed is that of the masks, too.
        patch_size: side of a patch in pixels; divides the image size.
        mask_ratio: share of patches to hide, in (0, 1).
        guided_share: share of the hidden patches that follow the guidance, in [0, 1].
        guided_share_end: what a schedule will make of it; checked here, not in the middle of a run.
        eta: weight of the vessel map in the guidance, in [0, 1]; the segmentor has the rest.
        segmentor: S, frozen, from standardised images to logits; None guides by the vessel map alone (eta = 1), or not at all.

    Raises:
        ValueError: if the patch does not divide the image, a share is out of range, or guidance needs a missing segmentor.

    References:
        VasoMIM, arXiv 2508.10794 (eta = 1) and arXiv 2602.11536.
    """

    def __init__(
        self,
        frames: PrepareFrames,
        *,
        patch_size: int,
        mask_ratio: float = 0.5,
        guided_share: float = 0.0,
        guided_share_end: float | None = None,
        eta: float = 0.5,
        segmentor: nn.Module | None = None,
    ) -> None:
        super().__init__(mean=frames.mean, std=frames.std, augment=frames.augment, seed=frames.seed)
        rows, columns = patch_grid(*frames.size, patch_size)
        self.keys, self.patches = frames.keys, rows * columns
        shares = {"guided_share": guided_share, "guided_share_end": guided_share_end or 0.0, "eta": eta}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must lie in [0, 1], got {share}.")
        if segmentor is None and eta < 1 and max(guided_share, shares["guided_share_end"]) > 0:
            raise ValueError(
                f"eta {eta} needs a segmentor, got none; name its weights, or guide by the map alone (eta 1)."
            )
        self.n_hidden = hidden_count(self.patches, mask_ratio)
        self.frames = frames
        self.patch_size, self.mask_ratio, self.guided_share, self.eta = patch_size, mask_ratio, guided_share, eta
        self.segmentor = None if segmentor is None else segmentor.requires_grad_(False).eval()

    def prepare(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor], tuple[Tensor, int], dict]:
        """One step's input.

        Args:
            batch: what `FrameDataset` gives, see `PrepareFrames`; and `n_guided`, how many patches follow the guidance.

        Returns:
            image (batch, 1, height, width), standardised; targets `image`, `vessels` (bool), `guidance` (in [0, 1]), `hidden`
            (batch, patches) and, where there is a segmentor, `probability` = sigmoid S(I); the network's further
            arguments (hidden, number hidden in each image); no keyword arguments.
        """
        draws = self.draws(batch)
        image, vessels = self.frames.images(batch, draws)
        targets = {"image": image, "vessels": vessels, "guidance": vessels.float()}
        if self.segmentor is not None:
            targets["probability"] = self.segmentor(image).float().sigmoid()
            targets["guidance"] = self.eta * targets["guidance"] + (1 - self.eta) * targets["probability"]
        shares = patch_distribution(targets["guidance"], self.patch_size)
        targets["hidden"] = guided_mask(shares, self.n_hidden, batch["n_guided"], draws)
        return image, targets, (targets["hidden"], self.n_hidden), {}

    def numbers(self, epoch: int) -> dict[str, int]:
        """The epoch, and how many patches follow the guidance now."""
        return super().numbers(epoch) | {"n_guided": guided_count(self.patches, self.mask_ratio, self.guided_share)}
