# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector
from monai.apps.detection.utils.anchor_utils import AnchorGenerator
from monai.inferers import SimpleInferer
from monai.losses import BoxGIoULoss, FocalLoss
from torch import Tensor

from .retinanet import ViTRetinaNet

__all__ = ["StenosisDetector"]

_STRIDES = (4, 8, 16, 32)
_CANDIDATES = 9  # anchors of a level that may belong to a lesion (ATSS)
_SAMPLED, _POSITIVE = 2**16, 0.02  # anchors of an image at most, and the share with a lesion: all of these
_LEAST_NEGATIVE, _POOL = 256, 4  # without one: at least so many, drawn from so many times more of the worst


class StenosisDetector(RetinaNetDetector):
    """Boxes of stenoses: MONAI's RetinaNet detector, with ATSS matching, hard negatives, focal and generalised IoU losses.

    Boxes are x0 y0 x1 y1 in pixels of the image as it is given (`ops.boxes`). MONAI's have the first axis first; they are turned at this border and nowhere else.
    To train, images are taken as they are. To judge, they are resized to `image_size`, and boxes are given in the image's own pixels, so any
    image is taken. Weights are those of `network` alone. While training, anchors without a lesion are drawn from torch's
    global generator, as dropout is.

    Args:
        network: maps of an image.
        image_size: what the network sees when judging: a number is the longest side in pixels, the aspect is kept; [height, width] stretches. Sides are
            rounded to multiples of 32. None for the image's own size.
        anchor_scale: side of an anchor over the stride of its level.
        score_threshold: boxes of lower score are not given.
        nms_threshold: of two boxes that overlap by more than this IoU, the one of lower score goes.
        max_boxes: of an image, at most.

    Attributes:
        inferer: only there because MONAI Label prints it; the whole image is looked at.

    Raises:
        ValueError: if image_size is not one or two positive numbers, or a threshold lies outside [0, 1].

    References:
        RetinaNet and the focal loss, arXiv 1708.02002; ATSS, arXiv 1912.02424; generalised IoU, arXiv 1902.09630.
    """

    def __init__(
        self,
        network: ViTRetinaNet,
        image_size: int | Sequence[int] | None = None,
        *,
        anchor_scale: float = 4.0,
        score_threshold: float = 0.05,
        nms_threshold: float = 0.3,
        max_boxes: int = 100,
    ) -> None:
        _check(image_size, score_threshold, nms_threshold)
        anchors = AnchorGenerator([(anchor_scale * stride,) for stride in _STRIDES], [(1.0,)] * len(_STRIDES))
        super().__init__(network, anchors)
        self.image_size = image_size
        self.set_atss_matcher(_CANDIDATES, center_in_gt=False)
        self.set_hard_negative_sampler(_SAMPLED, _POSITIVE, min_neg=_LEAST_NEGATIVE, pool_size=_POOL)
        self.set_cls_loss(FocalLoss(gamma=2.0, alpha=0.25, reduction="none"))
        self.set_box_regression_loss(BoxGIoULoss(reduction="mean"), encode_gt=False, decode_pred=True)
        self.set_box_selector_parameters(score_threshold, nms_thresh=nms_threshold, detections_per_img=max_boxes)
        self.inferer = SimpleInferer()

    def forward(
        self, input_images: Tensor, targets: Sequence[Mapping[str, Tensor]] | None = None, use_inferer: bool = False
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """Losses while training, boxes else.

        Args:
            input_images: (batch, channels, height, width), standardised.
            targets: to train, for each image `boxes` (n, 4) and `labels` (n,), all 0.
            use_inferer: not used; MONAI Label sets it.

        Returns:
            While training `classification` and `box_regression`, scalars. Else for each image `boxes` (n, 4), `scores` (n,) in [0, 1], the highest
            first, and `labels` (n,), all 0.
        """
        if self.training:
            turned = [{"boxes": _turn(target["boxes"]), "labels": target["labels"]} for target in targets]
            return super().forward(input_images, turned)
        seen = self._seen(input_images)
        scale = torch.tensor(
            [before / after for before, after in zip(input_images.shape[2:], seen.shape[2:], strict=True)]
        )
        return [self._found(own, scale.to(seen.device)) for own in super().forward(seen)]

    def compute_anchor_matched_idxs(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]], num_anchor_locs_per_level: Sequence[int]
    ) -> list[Tensor]:
        """For each image, which of its boxes each anchor belongs to, -1 for none; MONAI's asks torchvision for a class that is not needed."""
        pairs = (
            self.proposal_matcher(target["boxes"], own, num_anchor_locs_per_level, self.num_anchors_per_loc)
            for own, target in zip(anchors, targets, strict=True)
        )
        return [matched.to(own.device) for own, (_, matched) in zip(anchors, pairs, strict=True)]

    def compute_cls_loss(self, cls_logits: Tensor, targets: list, matched_idxs: list[Tensor]) -> Tensor:
        """The focal loss over the number of anchors that have a lesion: of those without, most are easy and say nothing."""
        positive = sum((matched >= 0).sum() for matched in matched_idxs)
        return super().compute_cls_loss(cls_logits, targets, matched_idxs).sum() / positive.clamp(min=1)

    def compute_box_loss(self, box_regression: Tensor, targets: list, anchors: list, matched_idxs: list) -> Tensor:
        """As MONAI's; a batch without boxes has a loss of 0 that lies in the graph, so that every process of several has gradients."""
        if not any((matched >= 0).any() for matched in matched_idxs):
            return 0 * box_regression.sum()
        return super().compute_box_loss(box_regression, targets, anchors, matched_idxs)

    def _seen(self, images: Tensor) -> Tensor:
        """Images as the network sees them."""
        size = self.image_size
        if size is None or isinstance(size, int):
            scale = 1 if size is None else size / max(images.shape[2:])
            size = [side * scale for side in images.shape[2:]]
        size = [max(1, round(side / _STRIDES[-1])) * _STRIDES[-1] for side in size]
        if size == list(images.shape[2:]):
            return images
        return F.interpolate(images.float(), size, mode="bicubic", antialias=True)

    def _found(self, own: Mapping[str, Tensor], scale: Tensor) -> dict[str, Tensor]:
        order = own[self.pred_score_key].argsort(descending=True, stable=True)
        boxes = _turn(own[self.target_box_key] * torch.cat([scale, scale]))
        found = {"boxes": boxes, "scores": own[self.pred_score_key], "labels": own[self.target_label_key]}
        return {name: values[order] for name, values in found.items()}


def _turn(boxes: Tensor) -> Tensor:
    """From x first to rows first, and back."""
    return boxes[:, [1, 0, 3, 2]]


def _check(image_size: int | Sequence[int] | None, score_threshold: float, nms_threshold: float) -> None:
    sides = [1, 1] if image_size is None else [image_size] * 2 if isinstance(image_size, int) else list(image_size)
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"image_size must be one positive number or [height, width], got {image_size}.")
    for name, value in (("score_threshold", score_threshold), ("nms_threshold", nms_threshold)):
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {value!r}.")
