# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.interpolate import Akima1DInterpolator

from .heart import Heart

__all__ = ["Branch", "coronary_tree"]

_STEP = 0.4  # millimetres between points of a centreline
_THINNEST = 0.22  # millimetres of radius where contrast is no longer seen

# name: (parent, share of the parent's length, radius in mm or as a share of the parent's, places: degrees, depth, wall)
_LEFT = {
    "main": (None, 0.0, 2.2, [(15, -0.10, 0.6), (20, -0.04, 0.78), (22, 0.01, 0.95)]),
    "descending": ("main", 1.0, 0.80, [(12, 0.10, 1), (3, 0.30, 1), (-3, 0.55, 1), (0, 0.80, 1), (8, 0.97, 1), (120, 1.0, 1)]),
    "circumflex": ("main", 1.0, 0.76, [(45, 0.05, 1), (80, 0.07, 1), (115, 0.10, 1), (145, 0.20, 1)]),
    "ramus": ("main", 1.0, 0.50, [(38, 0.18, 1), (48, 0.40, 1), (52, 0.62, 1)]),
    "diagonal 1": ("descending", 0.16, 0.62, [(24, 0.30, 1), (38, 0.48, 1), (42, 0.68, 1)]),
    "diagonal 2": ("descending", 0.33, 0.55, [(12, 0.45, 1), (25, 0.62, 1), (28, 0.80, 1)]),
    "diagonal 3": ("descending", 0.50, 0.45, [(12, 0.68, 1), (20, 0.82, 1)]),
    "septal 1": ("descending", 0.12, 0.36, [(-25, 0.25, 0.85), (-60, 0.45, 0.6)]),
    "septal 2": ("descending", 0.24, 0.34, [(-28, 0.42, 0.8), (-70, 0.60, 0.6)]),
    "septal 3": ("descending", 0.36, 0.30, [(-28, 0.55, 0.8), (-70, 0.70, 0.6)]),
    "marginal 1": ("circumflex", 0.28, 0.72, [(68, 0.22, 1), (80, 0.45, 1), (84, 0.72, 1)]),
    "marginal 2": ("circumflex", 0.55, 0.68, [(100, 0.25, 1), (112, 0.45, 1), (118, 0.66, 1)]),
    "marginal 3": ("circumflex", 0.82, 0.60, [(135, 0.35, 1), (145, 0.55, 1)]),
    "atrial": ("circumflex", 0.15, 0.35, [(55, -0.06, 0.95), (85, -0.14, 0.85)]),
}  # fmt: skip
_RIGHT = {
    "main": (None, 0.0, 2.1, [(-40, -0.10, 0.55), (-52, -0.05, 0.85), (-72, 0.02, 1.06), (-105, 0.05, 1.1), (-135, 0.07, 1.08), (-165, 0.09, 1.03), (-178, 0.10, 1)]),
    "posterior descending": ("main", 1.0, 0.72, [(-181, 0.25, 1), (-178, 0.45, 1), (-176, 0.70, 1)]),
    "posterolateral": ("main", 1.0, 0.76, [(-192, 0.06, 1), (-208, 0.10, 1), (-220, 0.20, 1), (-226, 0.36, 1)]),
    "posterolateral 2": ("posterolateral", 0.45, 0.65, [(-202, 0.28, 1), (-206, 0.50, 1)]),
    "conus": ("main", 0.10, 0.40, [(-45, 0.02, 1.1), (-25, 0.14, 1.08), (-18, 0.30, 1.05)]),
    "sinus node": ("main", 0.14, 0.36, [(-75, -0.12, 0.95), (-110, -0.24, 0.75)]),
    "ventricular": ("main", 0.30, 0.42, [(-75, 0.25, 1.05), (-62, 0.45, 1.02)]),
    "marginal": ("main", 0.48, 0.52, [(-105, 0.25, 1.05), (-100, 0.50, 1.02), (-95, 0.75, 1)]),
    "septal 1": ("posterior descending", 0.2, 0.3, [(-185, 0.3, 0.8), (-190, 0.4, 0.65)]),
    "septal 2": ("posterior descending", 0.45, 0.3, [(-180, 0.5, 0.8), (-185, 0.58, 0.65)]),
}  # fmt: skip
_ALWAYS = {"main", "descending", "circumflex", "marginal 1", "diagonal 1", "posterior descending", "posterolateral"}


@dataclass(frozen=True)
class Branch:
    """A centreline in millimetres (n, 3), the radius at each point (n,), and the radius of the vessel it leaves."""

    points: ndarray
    radius: ndarray
    parent_radius: float


def coronary_tree(rng: Generator, heart: Heart, side: str) -> list[Branch]:
    """A left or right coronary tree: named arteries in their grooves, and side branches down to what is seen.

    Where a branch of radius c leaves a vessel of radius p, the vessel goes on with (p^3 - c^3)^(1/3) (Murray's law).

    Args:
        rng: draws everything that differs from person to person.
        heart: the surface to run on.
        side: "left" or "right".

    Returns:
        The branches, parents before children; the first starts at the ostium.

    References:
        Murray, C. D. The physiological principle of minimum work. PNAS 12 (1926).
    """
    plan = {
        name: row
        for name, row in (_LEFT if side == "left" else _RIGHT).items()
        if name in _ALWAYS or rng.random() < 0.7
    }
    twist = rng.uniform(0.6, 3.2)
    scale = rng.uniform(0.8, 1.2)
    tree: list[Branch] = []
    paths: dict[str, tuple[ndarray, ndarray]] = {}
    for name, (parent, share, radius, places) in plan.items():
        controls = _jitter(rng, np.array(places), heart, still=parent is None)
        if parent is None:
            start, before = controls[0], radius * scale
            radius, controls = before, controls[1:]
        else:
            where, caliber = paths[parent]
            at = (
                round(min(max(share + rng.normal(0, 0.03), 0.05), 1.0) * (len(where) - 1))
                if share < 1
                else len(where) - 1
            )
            start, before = where[at], caliber[at]
            radius = radius * before * rng.uniform(0.85, 1.1)
        path = _path(rng, heart, np.vstack([start, controls]), twist)
        mine = [(row[1], row[2]) for row in plan.values() if row[0] == name]
        paths[name] = path, _caliber(len(path), radius, mine)
        tree.append(Branch(heart.place(path), paths[name][1], before))
        tree += _twigs(rng, heart, *paths[name], twist, level=0)
    return tree


def _jitter(rng: Generator, places: ndarray, heart: Heart, still: bool) -> ndarray:
    places = places * [np.pi / 180, 1, 1]
    spread = 1.5 if still else 4.0
    places[:, :2] += rng.normal(0, spread, (len(places), 2)) / [heart.radius, heart.length]
    if not still:  # some arteries end early
        keep = max(2, round(len(places) * rng.uniform(0.7, 1.1)))
        places = places[:keep]
    return places


def _path(rng: Generator, heart: Heart, controls: ndarray, twist: float) -> ndarray:
    """Smooth places through controls, wound by `twist` millimetres, about _STEP apart."""
    knots = np.r_[0, np.cumsum(np.sqrt((np.diff(heart.place(controls), axis=0) ** 2).sum(1)))]
    length = knots[-1]
    s = np.linspace(0, length, max(4, int(length / _STEP)))
    path = Akima1DInterpolator(knots, controls)(s)
    count = max(3, int(length / rng.uniform(5, 12)) + 1)
    bends = Akima1DInterpolator(np.linspace(0, length, count), rng.normal(0, twist, (count, 2)))(s)
    bends *= np.minimum(s / 10, 1)[:, None] * (0.4 + 0.6 * s / length)[:, None]
    path[:, :2] += bends / np.stack([heart.girth(path[:, 1]), np.full(len(s), heart.length)], 1)
    return path


def _caliber(count: int, radius: float, children: list[tuple[float, float]]) -> ndarray:
    """Radius along a vessel: a gentle taper, and a step by Murray's law after each child (share of length, of radius)."""
    caliber = radius * np.linspace(1, 0.75, count)
    for share, ratio in children:
        caliber[int(share * count) :] *= (1 - ratio**3) ** (1 / 3)
    if all(share < 1 for share, _ in children):  # what ends, ends thin
        caliber *= 0.25 + 0.75 * np.sqrt(np.minimum(2 * np.linspace(1, 0, count), 1))
    return np.maximum(caliber, 0.5 * _THINNEST)


def _twigs(rng: Generator, heart: Heart, path: ndarray, caliber: ndarray, twist: float, level: int) -> list[Branch]:
    """Unnamed side branches of a vessel, and theirs."""
    branches: list[Branch] = []
    at, side = rng.exponential(14) + 4, 1 if rng.random() < 0.5 else -1
    while at < (len(path) - 3) * _STEP:
        i = int(at / _STEP)
        radius = min(caliber[i] * rng.uniform(0.3, 0.62), 0.75)
        if radius > _THINNEST:
            twig = _twig(rng, heart, path, i, side, 9 + radius * rng.uniform(10, 45), twist)
            thin = np.linspace(radius, max(_THINNEST * 0.8, radius * 0.5), len(twig))
            branches.append(Branch(heart.place(twig), thin, caliber[i]))
            if level < 1:
                branches += _twigs(rng, heart, twig, thin, twist, level + 1)
        at, side = at + rng.exponential(9) + 2, side if rng.random() < 0.35 else -side
    return branches


def _twig(rng: Generator, heart: Heart, path: ndarray, i: int, side: int, length: float, twist: float) -> ndarray:
    unit = np.array([heart.girth(path[i, 1]), heart.length])
    along = (path[i + 2, :2] - path[i, :2]) * unit
    heading = np.arctan2(along[1], along[0]) + side * rng.uniform(0.6, 1.2)
    turns = heading + np.cumsum(rng.normal(0, 0.35, 4)) - side * np.linspace(0, rng.uniform(0, 0.9), 4)
    steps = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1) * length / 4, axis=0)
    controls = np.repeat(path[i : i + 1], 5, axis=0)
    controls[1:, :2] += steps / unit
    return _path(rng, heart, controls, 0.3 + 0.6 * twist)
