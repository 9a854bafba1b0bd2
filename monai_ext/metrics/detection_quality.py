# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from ignite.metrics import Metric
from monai.apps.detection.metrics.coco import COCOMetric
from monai.handlers import from_engine
from monai.metrics import compute_froc_score
from monai.utils import CommonKeys
from numpy import ndarray
from torch import Tensor

from monai_ext.ops import match_boxes

from .gather_in_turns import gather_in_turns

__all__ = ["DetectionQuality"]

_RATES = 0.5, 1, 2
_PRECISIONS = {
    "mAP": "mAP_IoU_0.50_0.95_0.05_MaxDet_100",
    "mAP50": "AP_IoU_0.50_MaxDet_100",
    "mAP75": "AP_IoU_0.75_MaxDet_100",
}
_RESAMPLES, _SEED = 400, 0


class DetectionQuality(Metric):
    """How well predicted boxes agree with the true ones, over all images and by image.

    Which prediction hits which true box is said in `match_boxes`. Of all predictions, the 100 with the highest scores in each image:

    - `mAP`, `mAP50`, `mAP75`: average precision by the rule of COCO, at overlaps 0.50, 0.55, ..., 0.95 and their mean, at 0.50, at 0.75;
    - `sensitivity_0.5fp`, `sensitivity_1fp`, `sensitivity_2fp`: share of the true boxes that are found with so many false predictions an
      image, between two thresholds of the score on the straight line; where there are never so many, with all predictions.

    Of those whose score is at least `score_threshold`:

    - `sensitivity`: share of the true boxes that are found;
    - `precision`: share of the predictions that are right;
    - `f1`: 2 found / (true boxes + predictions);
    - `false_positives_per_image`.

    An image without boxes counts: what is predicted there is false. What is undefined is nan: without any true box in the data all but
    `precision`, `f1` and `false_positives_per_image`; without any prediction `precision`; without both `f1`. With true boxes and no prediction
    the others are 0. After a run

    - `rows` holds one dict an image, in the order of the data, at `score_threshold`: `true` boxes, `found`, `missed`, `false` (predictions), `f1`
      (nan without a box and a prediction: rightly silent), and `best_score`, the highest of all, nan without a prediction;
    - `summary` by measure `mean` (the value above, over all images), `n` (all images), `std` and `ci95`: standard deviation and percentiles 2.5
      and 97.5 of the measure over 400 sets of images drawn with replacement, by a generator of fixed seed; images count as
      independent. A measure that is nan is not there. Made when it is asked for: it takes seconds;
    - `best_threshold` is the score threshold with the highest F1 over all images: the middle between the lowest score that it lets through and the
      next one (or 0), so that it matters not whether scores must reach or exceed it; of several the highest; 0.5 where no box can be found.

    Of several processes, rank r of n must see the images r, r + n, r + 2n, ... (`FrameSampler(shuffle=False)`); every rank gets the whole result.
    `metric["mAP50"]` is a metric of one number, for `key_val_metric` of an evaluator, with the whole under `additional_metrics`.

    Args:
        score_threshold: the working point, in [0, 1].
        iou: intersection over union from which on a prediction hits, in (0, 1], for all but the average precisions.
        output_transform: from an engine's output to (predictions, targets), see `update`.

    Raises:
        ValueError: if score_threshold or iou is out of range.

    References:
        Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014. FROC as in CAMELYON16, Bejnordi et al., JAMA 2017.
    """

    required_output_keys = (CommonKeys.PRED, CommonKeys.LABEL)

    def __init__(
        self,
        score_threshold: float = 0.5,
        iou: float = 0.5,
        output_transform: Callable = from_engine([CommonKeys.PRED, CommonKeys.LABEL]),  # noqa: B008
    ) -> None:
        if not isinstance(score_threshold, int | float) or not 0 <= score_threshold <= 1:
            raise ValueError(f"score_threshold must be in [0, 1], got {score_threshold!r}.")
        if not 0 < iou <= 1:
            raise ValueError(f"iou must be in (0, 1], got {iou}.")
        self.score_threshold, self.iou = score_threshold, iou
        self._coco = COCOMetric(
            ("lesion",), (iou, 0.5, 0.75), (0.5, 0.95, 0.05), max_detection=(100,), per_class=False, verbose=False
        )  # iou first: the others keep their names where it is printed alike
        super().__init__(output_transform, skip_unrolling=True)

    def reset(self) -> None:
        """Forget all images."""
        self._own: list[dict[str, ndarray]] = []
        self._images: list[dict[str, ndarray]] = []
        self._values: dict[str, float] | None = None
        self._summary: dict[str, dict[str, float | list[float]]] | None = None
        self.rows: list[dict[str, int | float]] = []
        self.best_threshold = 0.5

    def update(self, output: tuple[Sequence[Mapping[str, Tensor]], Sequence[Mapping[str, Tensor]]]) -> None:
        """Take in images: a list of predictions and one of targets, an item an image.

        A prediction has `boxes` (d, 4), x0 y0 x1 y1 in pixels, and `scores` (d,) in [0, 1], in any order; a target `boxes` (g, 4). Classes do not
        count.

        Raises:
            ValueError: if one has another shape, is not finite or not in order, or a score is out of range.
        """
        self._values = None
        for prediction, target in zip(*output, strict=True):
            boxes, truth = _boxes(prediction["boxes"], CommonKeys.PRED), _boxes(target["boxes"], CommonKeys.LABEL)
            scores = _scores(prediction["scores"], len(boxes))
            self._own.append(match_boxes(boxes, scores, truth, self._coco.get_iou_thresholds()))

    def compute(self) -> dict[str, float]:
        """Values by measure; fills `rows`, `best_threshold` and, once asked for, `summary`.

        Raises:
            RuntimeError: if no image was seen, or the images were not dealt to the ranks in turns.
        """
        if self._values is None:
            self._images, self._summary = gather_in_turns(self._own), None
            self.rows = [self._row(image) for image in self._images]
            self.best_threshold = _best_threshold(*self._curve(self._images))
            self._values = self._measure(self._images)
        return self._values

    @property
    def summary(self) -> dict[str, dict[str, float | list[float]]]:
        """By measure, of the images at the latest `compute`; see the class."""
        if self._summary is None:
            self._summary = self._summarise() if self._images else {}
        return self._summary

    def _summarise(self) -> dict[str, dict[str, float | list[float]]]:
        generator, count = np.random.default_rng(_SEED), len(self._images)
        values = {name: value for name, value in self._measure(self._images).items() if not math.isnan(value)}
        draws = []
        for indices in generator.integers(count, size=(_RESAMPLES, count)):
            drawn = self._measure([self._images[index] for index in indices])
            draws.append([drawn[name] for name in values])
        std, interval = np.nanstd(draws, axis=0), np.nanquantile(draws, [0.025, 0.975], axis=0)
        columns = zip(values.items(), std.tolist(), interval.T.tolist(), strict=True)
        return {name: {"mean": mean, "std": spread, "n": count, "ci95": ends} for (name, mean), spread, ends in columns}

    def _measure(self, images: Sequence[dict[str, ndarray]]) -> dict[str, float]:
        return self._average_precisions(images) | self._sensitivities(images) | self._at_threshold(images)

    def _average_precisions(self, images: Sequence[dict[str, ndarray]]) -> dict[str, float]:
        boxes = _count_boxes(images)
        if not boxes:
            return dict.fromkeys(_PRECISIONS, math.nan)
        # COCO compares recall, found / boxes, in double precision with 0, 0.01, ..., 1, MONAI in single. Half a box below the least number that reaches each, both agree
        enough = np.searchsorted(np.arange(boxes + 1) / boxes, np.linspace(0, 1, 101))
        self._coco.recall_thresholds = (enough - 0.5) / boxes
        values, _ = self._coco([{0: image} for image in images])
        return {name: values[key] for name, key in _PRECISIONS.items()}

    def _sensitivities(self, images: Sequence[dict[str, ndarray]]) -> dict[str, float]:
        names = {f"sensitivity_{rate:g}fp": rate for rate in _RATES}
        boxes, _, found, false = self._curve(images)
        if not boxes:
            return dict.fromkeys(names, math.nan)
        # MONAI's `compute_froc_curve_data` leaves the lowest score out and compares each with all others
        curve = np.append(false, 0) / len(images), np.append(found, 0) / boxes
        return {name: float(compute_froc_score(*curve, (rate,))) for name, rate in names.items()}

    def _at_threshold(self, images: Sequence[dict[str, ndarray]]) -> dict[str, float]:
        hits = np.concatenate([self._hits(image)[image["dtScores"] >= self.score_threshold] for image in images])
        boxes, found = _count_boxes(images), int(hits.sum())
        return {
            "sensitivity": _ratio(found, boxes),
            "precision": _ratio(found, len(hits)),
            "f1": _ratio(2 * found, boxes + len(hits)),
            "false_positives_per_image": (len(hits) - found) / len(images),
        }

    def _row(self, image: dict[str, ndarray]) -> dict[str, int | float]:
        scores, true = image["dtScores"], len(image["gtIgnore"])
        hits = self._hits(image)[scores >= self.score_threshold]
        found = int(hits.sum())
        return {
            "true": true,
            "found": found,
            "missed": true - found,
            "false": len(hits) - found,
            "f1": _ratio(2 * found, true + len(hits)),
            "best_score": float(scores[0]) if len(scores) else math.nan,
        }

    def _curve(self, images: Sequence[dict[str, ndarray]]) -> tuple[int, ndarray, ndarray, ndarray]:
        """True boxes; the scores, each once, lowest first; found boxes and false predictions of those that reach each."""
        hits = np.concatenate([self._hits(image) for image in images])
        scores = np.concatenate([image["dtScores"] for image in images])
        thresholds = np.unique(scores)
        found, false = (
            len(part) - np.searchsorted(np.sort(part), thresholds) for part in (scores[hits], scores[~hits])
        )
        return _count_boxes(images), thresholds, found, false

    def _hits(self, image: dict[str, ndarray]) -> ndarray:
        """Which of the predictions of an image hit, highest score first."""
        return image["dtMatches"][self._coco.iou_thresholds.searchsorted(self.iou)] > 0


def _boxes(value: Tensor, name: str) -> ndarray:
    boxes = torch.as_tensor(value).detach().cpu().double().numpy()
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes of {name} must be (n, 4), got {boxes.shape}; (0, 4) for an image without boxes.")
    ordered = np.isfinite(boxes).all(1) & (boxes[:, :2] <= boxes[:, 2:]).all(1)
    if not ordered.all():
        raise ValueError(
            f"boxes of {name} must be finite with x0 <= x1 and y0 <= y1, got {boxes[~ordered][0].tolist()}."
        )
    return boxes


def _scores(value: Tensor, count: int) -> ndarray:
    scores = torch.as_tensor(value).detach().cpu().double().numpy()
    if scores.shape != (count,):
        raise ValueError(f"scores must be one a box, got {scores.shape} and {count} boxes.")
    wrong = ~((scores >= 0) & (scores <= 1))
    if wrong.any():
        raise ValueError(f"scores must be in [0, 1], got {scores[wrong][0]:g}; take the sigmoid of logits.")
    return scores


def _count_boxes(images: Sequence[dict[str, ndarray]]) -> int:
    return sum(len(image["gtIgnore"]) for image in images)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _best_threshold(boxes: int, thresholds: ndarray, found: ndarray, false: ndarray) -> float:
    if not found.any():
        return 0.5
    f1 = 2 * found / (boxes + found + false)
    best = np.flatnonzero(f1 == f1.max())[-1]
    return float(np.append(0, thresholds)[best : best + 2].mean())
