# SPDX-License-Identifier: Apache-2.0
"""A detector as an ONNX file that gives boxes."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, nn

from ..ops import atomic_file
from .detector import StenosisDetector
from .onnx_file import export_onnx

__all__ = ["AllBoxes", "export_boxes_onnx"]


class AllBoxes(nn.Module):
    """The box of every place of a detector's maps, before the best are chosen: what of a `StenosisDetector` has the same shape for every image.

    Args:
        detector: its network and its anchors; images are taken at their size, `image_size` has no meaning here.
    """

    names = ("all_boxes", "all_scores")

    def __init__(self, detector: StenosisDetector) -> None:
        super().__init__()
        self.network, self.coder = detector.network, detector.box_coder
        self.size_divisible, self.encoder = detector.network.size_divisible, detector.network.encoder
        self.anchors = [(anchor[0, 2] - anchor[0, 0]).item() for anchor in detector.anchor_generator.cell_anchors]

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Boxes and scores.

        Args:
            image: (batch, in_channels, height, width), standardised; 32 divides both sides.

        Returns:
            `all_boxes` (batch, n, 4), x0 y0 x1 y1 in pixels, cut at the border; `all_scores` (batch, 1, n), 0 for boxes less than a pixel wide or high.
        """
        maps, size = self.network(image), image.shape[-2:]
        codes, logits = maps["box_regression"], maps["classification"]
        levels = [self._decode(code, anchor, size) for code, anchor in zip(codes, self.anchors, strict=True)]
        boxes = torch.cat(levels, dim=1)
        scores = torch.cat([values.flatten(2) for values in logits], dim=2).sigmoid()
        seen = (boxes[..., 2:] - boxes[..., :2] >= 1).all(-1)
        return {"all_boxes": boxes, "all_scores": scores * seen.unsqueeze(1)}

    def _decode(self, codes: Tensor, anchor: float, size: torch.Size) -> Tensor:
        """(batch, 4, rows, columns) to (batch, rows * columns, 4); of codes, rows come first."""
        low, high = [], []
        for axis in (1, 0):  # x, y
            places = torch.arange(codes.shape[2 + axis], device=codes.device)
            stride = size[axis] // codes.shape[2 + axis]
            centre = places * stride + stride // 2
            centre = centre.unsqueeze(1) if axis == 0 else centre
            middle = codes[:, axis] / self.coder.weights[axis] * anchor + centre
            log = (codes[:, 2 + axis] / self.coder.weights[2 + axis]).clamp(max=self.coder.boxes_xform_clip)
            half = 0.5 * anchor * log.exp()
            low.append((middle - half).clamp(0, size[axis]))
            high.append((middle + half).clamp(0, size[axis]))
        return torch.stack(low + high, dim=-1).flatten(1, 2)


def export_boxes_onnx(detector: StenosisDetector, path: str | os.PathLike[str]) -> None:
    """Write a detector as one ONNX file: `image` in, the boxes of all images of the batch out, any batch, height and width.

    Inputs: `image` (batch, channels, height, width), float32, standardised, whose sides are multiples of 32; `score_threshold` and `nms_threshold` (1,), float32, which may
    be left out for the detector's own. Outputs: `boxes` (k, 4), x0 y0 x1 y1 in pixels, `scores` (k,), the highest of an image first, and `image_number` (k,), int64, which
    image of the batch a box is of; and `all_boxes`, `all_scores` of `AllBoxes`. Where a level has more than 1000 boxes above the threshold the detector looks at the best
    1000, this file at all.

    Args:
        detector: float32; in evaluation mode from here on.
        path: such as `models/boxes.onnx`; written whole or not at all, its folder is made if missing.

    Raises:
        ImportError, ValueError: as `export_onnx`.
    """
    with atomic_file(path) as temporary:
        export_onnx(AllBoxes(detector.eval()), temporary)
        import onnx

        model = onnx.load(temporary)
        _append_choice(model.graph, detector)
        onnx.checker.check_model(model)
        onnx.save(model, temporary)


def _append_choice(graph: Any, detector: StenosisDetector) -> None:
    """Nodes that keep the best of overlapping boxes."""
    from onnx import TensorProto, helper

    selector = detector.box_selector
    for name, value in (("score_threshold", selector.score_thresh), ("nms_threshold", selector.nms_thresh)):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]))
        graph.initializer.append(helper.make_tensor(name, TensorProto.FLOAT, [1], [value]))  # what it is if left out
    for name, values in (("most_boxes", [selector.detections_per_img]), ("of_image", [0, 2])):
        graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
    graph.initializer.append(helper.make_tensor("first", TensorProto.INT64, [], [0]))
    limits = ["most_boxes", "nms_threshold", "score_threshold"]
    graph.node.extend([
        helper.make_node("NonMaxSuppression", ["all_boxes", "all_scores", *limits], ["picked"]),
        helper.make_node("Gather", ["picked", "of_image"], ["picked_boxes"], axis=1),
        helper.make_node("GatherND", ["all_boxes", "picked_boxes"], ["boxes"]),
        helper.make_node("GatherND", ["all_scores", "picked"], ["scores"]),
        helper.make_node("Gather", ["picked", "first"], ["image_number"], axis=1),
    ])  # fmt: skip
    found = [("boxes", TensorProto.FLOAT, ["k", 4]), ("scores", TensorProto.FLOAT, ["k"])]
    outputs = [helper.make_tensor_value_info(*one) for one in [*found, ("image_number", TensorProto.INT64, ["k"])]]
    everything = list(graph.output)
    del graph.output[:]
    graph.output.extend(outputs + everything)
