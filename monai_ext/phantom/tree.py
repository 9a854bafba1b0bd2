# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.interpolate import Akima1DInterpolator, CubicSpline

from .anatomy import Artery, arteries
from .heart import Heart
from .settings import PhantomSettings

__all__ = ["Branch", "coronary_tree"]

_STEP = 0.4  # millimetres between points of a centreline


@dataclass(frozen=True)
class Branch:
    """A vessel from its origin to its end, at rest."""

    points: ndarray
    """(n, 3), millimetres."""
    radius: ndarray
    """(n,), millimetres, healthy."""
    segment: ndarray
    """(n,), uint8: category id of the SYNTAX segment, 0 for a side branch that has none."""
    parent: int
    """Index of the branch that it leaves; -1 for the first."""
    origin: int
    """Point of the parent where it leaves."""


def coronary_tree(rng: Generator, heart: Heart, side: str, dominance: str, settings: PhantomSettings) -> list[Branch]:
    """A left or right coronary tree: named arteries in their grooves, and side branches down to what is seen.

    Where a branch of radius c leaves a vessel of radius p, the vessel goes on with (p^3 - c^3)^(1/3) (Murray's law).

    Args:
        rng: draws everything that differs from person to person.
        heart: the surface to run on.
        side: "left" or "right".
        dominance: "left" or "right": which artery feeds the inferior wall.
        settings: ranges.

    Returns:
        The branches, parents before children; the first starts at the ostium.

    References:
        Murray, C. D. The physiological principle of minimum work. PNAS 12 (1926).
    """
    return _Growth(rng, heart, settings).grow(arteries(rng, side, dominance))


class _Growth:
    """Draws a tree; keeps what all its vessels share."""

    def __init__(self, rng: Generator, heart: Heart, settings: PhantomSettings) -> None:
        self.rng, self.heart = rng, heart
        self.twist = rng.uniform(*settings.tortuosity)
        self.calibre = rng.uniform(*settings.calibre)
        self.spacing = rng.uniform(*settings.side_branch_spacing)
        self.thinnest = rng.uniform(*settings.thinnest)
        self.roughness = rng.uniform(*settings.roughness)
        self.tree: list[Branch] = []

    def grow(self, plan: dict[str, Artery]) -> list[Branch]:
        """All branches of a plan, parents before children."""
        paths: dict[str, tuple[int, ndarray, ndarray]] = {}
        for name, artery in plan.items():
            children = [(child.share, child.ratio) for child in plan.values() if child.parent == name]
            number, at, start, before = self._start(artery, paths)
            controls = self._jitter(artery)
            if start is None:
                start, before, controls = controls[0], self.calibre * artery.ratio, controls[1:]
                radius = before
            else:
                radius = artery.ratio * before * self.rng.uniform(0.88, 1.1)
            path = self._path(np.vstack([start, controls]), self.twist * artery.wind * self.rng.uniform(0.6, 1.5))
            radii = self._radii(len(path), radius, children)
            paths[name] = len(self.tree), path, radii
            self._add(path, radii, artery.segments_along(len(path)), number, at)
            self._side_branches(path, radii, len(self.tree) - 1, level=0)
        return self.tree

    def _add(self, path: ndarray, radius: ndarray, segment: ndarray, parent: int, origin: int) -> None:
        rough = 1 + self.roughness * _wave(self.rng, len(path), 8)
        self.tree.append(Branch(self.heart.place(path), radius * np.clip(rough, 0.8, 1.2), segment, parent, origin))

    def _start(self, artery: Artery, paths: dict) -> tuple:
        """Number of the parent, point where it leaves, its place there, and the parent's radius."""
        if artery.parent is None:
            return -1, 0, None, None
        number, path, radius = paths[artery.parent]
        at = len(path) - 1
        if artery.share < 1:
            at = round(min(max(artery.share + self.rng.normal(0, 0.03), 0.05), 0.97) * at)
        return number, at, path[at], radius[at]

    def _jitter(self, artery: Artery) -> ndarray:
        places = np.array(artery.places) * [np.pi / 180, 1, 1]
        spread = 1.5 if artery.parent is None else 4.0
        places[:, :2] += self.rng.normal(0, spread, (len(places), 2)) / [self.heart.radius, self.heart.length]
        if artery.may_end_early:
            places = places[: max(2, round(len(places) * self.rng.uniform(0.7, 1.1)))]
        return places

    def _path(self, controls: ndarray, twist: float) -> ndarray:
        """Smooth places through controls, wound by `twist` millimetres, about _STEP apart."""
        knots = np.r_[0, np.cumsum(np.sqrt((np.diff(self.heart.place(controls), axis=0) ** 2).sum(1)))]
        length = knots[-1]
        s = np.linspace(0, length, max(4, int(length / _STEP)))
        path = Akima1DInterpolator(knots, controls)(s)
        count = max(3, int(length / self.rng.uniform(4, 11)) + 1)
        knots, wind = np.linspace(0, length, count), self.rng.normal(0, twist, (count, 3))
        bends = CubicSpline(knots, wind, bc_type="natural")(s)  # round, as vessels bend
        bends *= np.minimum(s / 8, 1)[:, None] * (0.35 + 0.65 * s / length)[:, None]
        unit = np.stack(
            [self.heart.girth(path[:, 1]), np.full(len(s), self.heart.length), 2.5 * self.heart.girth(path[:, 1])], 1
        )
        return path + bends / unit

    def _radii(self, count: int, radius: float, children: list[tuple[float, float]]) -> ndarray:
        """A gentle taper, and a step by Murray's law after each child (share of length, of radius)."""
        along = radius * np.linspace(1, 0.8, count)
        for share, ratio in children:
            along[int(share * count) :] *= (1 - ratio**3) ** (1 / 3)
        if all(share < 1 for share, _ in children):  # what ends, ends thin
            along *= 0.35 + 0.65 * np.sqrt(np.minimum(2.5 * np.linspace(1, 0, count), 1))
        return np.maximum(along, 0.5 * self.thinnest)

    def _side_branches(self, path: ndarray, radius: ndarray, parent: int, level: int) -> None:
        """Unnamed side branches of a vessel, and theirs."""
        rng = self.rng
        at, side = rng.exponential(self.spacing) + 3, 1 if rng.random() < 0.5 else -1
        while at < (len(path) - 3) * _STEP:
            i = int(at / _STEP)
            mine = min(radius[i] * rng.uniform(0.3, 0.62), 0.7)
            if mine > self.thinnest:
                twig = self._side_branch(path, i, side, 7 + mine * rng.uniform(10, 50))
                thin = np.linspace(mine, max(self.thinnest, mine * 0.45), len(twig))
                self._add(twig, thin, np.zeros(len(twig), np.uint8), parent, i)
                if level < 2:
                    self._side_branches(twig, thin, len(self.tree) - 1, level + 1)
            at, side = at + rng.exponential(self.spacing) + 1.5, side if rng.random() < 0.35 else -side

    def _side_branch(self, path: ndarray, i: int, side: int, length: float) -> ndarray:
        rng = self.rng
        unit = np.array([self.heart.girth(path[i, 1]), self.heart.length])
        along = (path[i + 2, :2] - path[i, :2]) * unit
        heading = np.arctan2(along[1], along[0]) + side * rng.uniform(0.5, 1.2)
        turns = heading + np.cumsum(rng.normal(0, 0.35, 4)) - side * np.linspace(0, rng.uniform(0, 0.9), 4)
        steps = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1) * length / 4, axis=0)
        controls = np.repeat(path[i : i + 1], 5, axis=0)
        controls[1:, :2] += steps / unit
        return self._path(controls, rng.uniform(0.2, 0.6) + 0.6 * self.twist)


def _wave(rng: Generator, count: int, every: int) -> ndarray:
    """Noise of deviation about 1 along a vessel, linear between values each `every` points."""
    knots = rng.standard_normal(count // every + 2)
    return np.interp(np.arange(count) / every, np.arange(len(knots)), knots)
