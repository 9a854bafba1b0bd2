# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .few_label_result import FewLabelResult

__all__ = ["FewLabelSummary"]


@dataclass(frozen=True)
class FewLabelSummary:
    """A measure of all seeds of one set of starting weights and one share of the labels."""

    weights: str
    fraction: float
    images: tuple[int, ...]
    """Labelled ones, of each seed."""
    by_seed: dict[int, float]

    @classmethod
    def of(cls, results: Sequence[FewLabelResult], measure: str) -> dict[tuple[str, float], FewLabelSummary]:
        """By weights and fraction, in the order in which they come; those that have the measure.

        Args:
            results: of finished cells.
            measure: dice, cldice, ...
        """
        groups: dict[tuple[str, float], list[FewLabelResult]] = {}
        for result in results:
            if getattr(result, measure) is not None:
                groups.setdefault((result.weights, result.fraction), []).append(result)
        return {
            key: cls(*key, tuple(r.images for r in group), {r.seed: getattr(r, measure) for r in group})
            for key, group in groups.items()
        }

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(list(self.by_seed.values())))

    @property
    def std(self) -> float | None:
        """Sample standard deviation over the seeds (n - 1); None of a single one."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.by_seed) > 1 else None

    def above(self, other: FewLabelSummary) -> float | None:
        """Mean difference to another over the seeds that both have, which had the same labels; None if there is none."""
        shared = sorted(self.by_seed.keys() & other.by_seed.keys())
        return float(np.mean([self.by_seed[seed] - other.by_seed[seed] for seed in shared])) if shared else None
