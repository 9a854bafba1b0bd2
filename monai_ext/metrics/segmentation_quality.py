# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from ignite.metrics import Metric
from monai.handlers import from_engine
from monai.metrics import compute_hausdorff_distance
from monai.utils import CommonKeys
from numpy import ndarray
from torch import Tensor

from .compute_cl_dice import compute_cl_dice
from .gather_in_turns import gather_in_turns

__all__ = ["SegmentationQuality"]

_RESAMPLES, _SEED, _BLOCK = 10_000, 0, 2**20


class SegmentationQuality(Metric):
    """How well class maps agree with their labels, by image, by class and over all images.

    Measures of a class in an image, F the pixels that were found and L those of the label:

    - `dice`: 2 |F & L| / (|F| + |L|);
    - `cldice`: Dice of middle lines, see `compute_cl_dice`;
    - `hd95`: 95th percentile of the distances between the outlines of F and L, the larger of both directions, in pixels;
    - `precision`: |F & L| / |F|;
    - `recall`: |F & L| / |L|.

    What is empty decides what is defined; what is undefined (nan) does not count, and `n` says how many images do:

    | F, L | dice, cldice | hd95 | precision | recall | why |
    |---|---|---|---|---|---|
    | neither empty | as above | as above | as above | as above | |
    | F empty: all missed | 0 | nan | nan | 0 | nothing was claimed that could be right or wrong; no outline to measure to |
    | L empty: all false | 0 | nan | 0 | nan | there was nothing to find |
    | both empty | nan | nan | nan | nan | rightly silent, which no overlap can express; a 1 would reward images without the class |

    So `hd95` and `precision` say nothing about classes that were missed altogether: read them beside `dice`.

    With several classes the value of an image is the mean over the classes that are present in its label or prediction and have
    the measure. After a run

    - `rows` holds one dict an image, in the order of the data;
    - `summary` by measure `mean`, `std`, `n` (images that have it) and `ci95`, [low, high]: percentiles 2.5 and 97.5 of the mean of
      images drawn with replacement, 10,000 times, by a generator of fixed seed; images count as independent, and of a single
      image it is that value; a measure that no image has is not there;
    - `summary_by_class`, with several classes, by name of the class `n`, the images in which it is present in label or prediction,
      and the mean of each measure over those that have it.

    Of several processes, rank r of n must see the images r, r + n, r + 2n, ... (`FrameSampler(shuffle=False)`); every rank gets the whole result.
    `metric["dice"]` is a metric of one number, for `key_val_metric` of an evaluator, with the whole under `additional_metrics`.

    Args:
        classes: number of classes besides the background 0.
        measures: which, in this order; those that are left out cost no time.
        names: of the classes 1, 2, ...; their numbers when left out.
        output_transform: from an engine's output to (predictions, labels), see `update`.

    Raises:
        ValueError: if classes is not positive, a measure is not known or none, or the names are not one a class.
    """

    required_output_keys = (CommonKeys.PRED, CommonKeys.LABEL)

    def __init__(
        self,
        classes: int = 1,
        measures: Sequence[str] = ("dice", "cldice", "hd95", "precision", "recall"),
        names: Sequence[str] | None = None,
        output_transform: Callable = from_engine([CommonKeys.PRED, CommonKeys.LABEL]),  # noqa: B008
    ) -> None:
        if classes < 1:
            raise ValueError(f"classes must be at least 1, got {classes}; do not count the background.")
        if not measures or set(measures) - _MEASURES.keys():
            raise ValueError(f"measures must be some of {', '.join(_MEASURES)}, got {', '.join(measures) or 'none'}.")
        self.classes, self.measures = classes, tuple(measures)
        self.names = tuple(str(number + 1) for number in range(classes)) if names is None else tuple(names)
        if len(self.names) != classes:
            raise ValueError(f"names must be one a class, got {len(self.names)} names and {classes} classes.")
        super().__init__(output_transform, skip_unrolling=True)

    def reset(self) -> None:
        """Forget all images."""
        self._tables: list[Tensor] = []
        self._means: dict[str, float] | None = None
        self.rows: list[dict[str, float]] = []
        self.summary: dict[str, dict[str, float | list[float]]] = {}
        self.summary_by_class: dict[str, dict[str, float]] = {}

    def update(self, output: tuple[Sequence[Tensor], Sequence[Tensor]]) -> None:
        """Take in images: predictions and labels, each a list of class maps (1, height, width) or a batch of them, of any type.

        Raises:
            ValueError: if a map has another shape, or holds something else than the numbers 0..classes.
        """
        self._means = None
        for pair in zip(*output, strict=True):
            found, reference = (
                self._class_map(value, name) for value, name in zip(pair, self.required_output_keys, strict=True)
            )
            if found.shape != reference.shape:
                raise ValueError(
                    f"pred and label must be of one size, got {found.shape} and {reference.shape}; evaluate at the native size of the image."
                )
            self._tables.append(self._table(found, reference))

    def compute(self) -> dict[str, float]:
        """Means by measure, nan for one that no image has; fills `rows`, `summary` and `summary_by_class`.

        Raises:
            RuntimeError: if no image was seen, or the images were not dealt to the ranks in turns.
        """
        if self._means is None:
            images = torch.stack(gather_in_turns(self._tables))  # (images, classes, 1 + measures)
            values = images[..., 1:].nanmean(dim=1)
            self.rows = [dict(zip(self.measures, row, strict=True)) for row in values.tolist()]
            columns = dict(zip(self.measures, values.T.numpy(), strict=True))
            self.summary = {name: _summarise(column) for name, column in columns.items() if not np.isnan(column).all()}
            self.summary_by_class = self._by_class(images) if self.classes > 1 else {}
            self._means = {name: self.summary.get(name, {"mean": math.nan})["mean"] for name in self.measures}
        return self._means

    def _class_map(self, value: Tensor, name: str) -> ndarray:
        array = torch.as_tensor(value).detach().cpu().numpy()
        if array.ndim != 3 or len(array) != 1:
            raise ValueError(
                f"{name} must be a class map (1, height, width), got {array.shape}; make one of logits or one-hot channels first."
            )
        wrong = ~np.isin(array, np.arange(self.classes + 1))
        if wrong.any():
            raise ValueError(
                f"{name} must hold the numbers 0..{self.classes}, got {array[wrong][0]:g}; set classes to the highest one, or make masks 0 and 1."
            )
        return array[0].astype(np.uint8)

    def _table(self, found: ndarray, reference: ndarray) -> Tensor:
        """(classes, 1 + measures) of an image: whether the class is present, and its measures."""
        table = np.full((self.classes, 1 + len(self.measures)), np.nan)
        table[:, 0] = 0
        present = np.bincount(found.ravel(), minlength=256) + np.bincount(reference.ravel(), minlength=256)
        for number in np.flatnonzero(present[1:]):
            pair = found == number + 1, reference == number + 1
            table[number] = [1, *(_MEASURES[name](*pair) for name in self.measures)]
        return torch.from_numpy(table)

    def _by_class(self, images: Tensor) -> dict[str, dict[str, float]]:
        result = {}
        counts, means = images[..., 0].sum(dim=0), images[..., 1:].nanmean(dim=0)
        for name, count, values in zip(self.names, counts.tolist(), means.tolist(), strict=True):
            measured = zip(self.measures, values, strict=True)
            result[name] = {"n": int(count)} | {measure: value for measure, value in measured if not math.isnan(value)}
        return result


def _summarise(column: ndarray) -> dict[str, float | list[float]]:
    column = column[~np.isnan(column)]
    std = float(column.std(ddof=1)) if len(column) > 1 else 0.0
    return {"mean": float(column.mean()), "std": std, "n": len(column), "ci95": _interval(column)}


def _interval(column: ndarray) -> list[float]:
    """Bootstrap percentile interval of the mean."""
    generator = np.random.default_rng(_SEED)
    block = max(1, _BLOCK // len(column))
    means = [
        column[generator.integers(len(column), size=(min(block, _RESAMPLES - start), len(column)))].mean(axis=1)
        for start in range(0, _RESAMPLES, block)
    ]
    return np.quantile(np.concatenate(means), [0.025, 0.975]).tolist()


def _dice(found: ndarray, reference: ndarray) -> float:
    return 2 * _count(found & reference) / (_count(found) + _count(reference))  # a class that is present: never 0 / 0


def _precision(found: ndarray, reference: ndarray) -> float:
    return _count(found & reference) / _count(found) if found.any() else math.nan


def _recall(found: ndarray, reference: ndarray) -> float:
    return _precision(reference, found)


def _hd95(found: ndarray, reference: ndarray) -> float:
    if not (found.any() and reference.any()):
        return math.nan
    pair = [torch.from_numpy(mask)[None, None] for mask in (found, reference)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # MONAI 1.6 warns of an argument that it gives itself
        return compute_hausdorff_distance(*pair, include_background=True, percentile=95).item()


def _count(mask: ndarray) -> int:
    return int(np.count_nonzero(mask))


_MEASURES: dict[str, Callable[[ndarray, ndarray], float]] = {
    "dice": _dice,
    "cldice": compute_cl_dice,
    "hd95": _hd95,
    "precision": _precision,
    "recall": _recall,
}
