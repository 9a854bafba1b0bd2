# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ignite.distributed as idist
import torch
from ignite.metrics import Metric
from monai.utils import CommonKeys
from torch import Tensor, nn

from monai_ext.ops import denormalise_patches, patch_errors, patchify

__all__ = ["ReconstructionQuality"]


class ReconstructionQuality(Metric):
    """How well hidden patches are predicted, on vessels and beside them, and whether the vessels stay in place.

    By image, then averaged over the images that have the quantity (an image without a hidden vessel patch has no error on vessels):

    - `masked_error`: mean squared error of normalised pixels over the hidden patches;
    - `masked_error_vessel`, `masked_error_background`: over the hidden patches that hold vessel pixels of B(I), and over the others;
    - `hidden_vessel_share`: share of the hidden patches that hold vessel, in [0, 1];
    - `vessel_dice`: Dice of S(I') > 0.5 and S(I) > 0.5, in [0, 1], where there is a segmentor.

    Attach it to an evaluator whose `prepare_batch` is a `PrepareMaskedBatch`. After a run `rows` holds one dict an
    image, in the order of the data, and `summary` mean, standard deviation and number of images by quantity; a quantity that
    no image has is not there.

    Args:
        patch_size: side of a patch in pixels.
        segmentor: S, frozen; None leaves `vessel_dice` out.
    """

    required_output_keys = (CommonKeys.PRED, CommonKeys.LABEL)

    def __init__(self, patch_size: int, segmentor: nn.Module | None = None) -> None:
        self.patch_size, self.segmentor = patch_size, segmentor
        super().__init__()

    def reset(self) -> None:
        """Forget all images."""
        self._columns: list[dict[str, Tensor]] = []
        self.rows: list[dict[str, float]] = []
        self.summary: dict[str, dict[str, float]] = {}

    @torch.no_grad()
    def update(self, output: tuple[Tensor, dict[str, Tensor]]) -> None:
        """Take in a batch: prediction (batch, patches, patch_size**2) and targets as `PrepareMaskedBatch` makes them."""
        prediction, targets = output[0].float(), output[1]
        image, hidden = targets["image"], targets["hidden"]
        error = patch_errors(prediction, image, self.patch_size)
        vessel = patchify(targets["vessels"], self.patch_size).any(dim=-1)
        columns = {
            "masked_error": _mean_where(error, hidden),
            "masked_error_vessel": _mean_where(error, hidden & vessel),
            "masked_error_background": _mean_where(error, hidden & ~vessel),
            "hidden_vessel_share": _mean_where(vessel.float(), hidden),
        }
        if self.segmentor is not None:
            again = self.segmentor(denormalise_patches(prediction, image, self.patch_size)) > 0
            columns["vessel_dice"] = _dice(again, self.segmentor(image) > 0)
        self._columns.append({name: value.double().cpu() for name, value in columns.items()})

    def compute(self) -> dict[str, float]:
        """Means by quantity.

        Raises:
            RuntimeError: if no batch was seen.
        """
        if not self._columns:
            raise RuntimeError("no image was evaluated; check that the data holds at least one.")
        table = {name: torch.cat([c[name] for c in self._columns]) for name in self._columns[0]}
        if idist.get_world_size() > 1:
            table = {name: idist.all_gather(value) for name, value in table.items()}
        self.rows = [
            dict(zip(table, values, strict=True)) for values in zip(*(v.tolist() for v in table.values()), strict=True)
        ]
        self.summary = {name: _summarise(value) for name, value in table.items() if not value.isnan().all()}
        return {name: summary["mean"] for name, summary in self.summary.items()}


def _mean_where(value: Tensor, where: Tensor) -> Tensor:
    """Mean over the last axis where the mask is set; undefined (nan) where it is nowhere set."""
    return (value * where).sum(dim=-1) / where.sum(dim=-1)


def _dice(a: Tensor, b: Tensor) -> Tensor:
    """Dice by image; undefined (nan) where both are empty."""
    a, b = a.flatten(1), b.flatten(1)
    return 2 * (a & b).sum(dim=1) / (a.sum(dim=1) + b.sum(dim=1))


def _summarise(value: Tensor) -> dict[str, float]:
    value = value[~value.isnan()]
    std = value.std().item() if len(value) > 1 else 0.0
    return {"mean": value.mean().item(), "std": std, "n": len(value)}
