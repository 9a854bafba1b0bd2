# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

__all__ = ["skeleton_branches"]

_EVEN = 1 + 1e-9  # what is equal in pixels is so in millimetres

Branch = list[int]
"""Flat indices of its pixels in order; the first and the last are ends or bifurcations, of a loop the same one."""


def skeleton_branches(skeleton: np.ndarray, radius: np.ndarray, spacing: tuple[float, float]) -> list[np.ndarray]:
    """The branches of a skeleton between its ends and bifurcations, without spurs.

    A spur is a branch with a free end whose largest disc at that end reaches out of the disc of the bifurcation by less than the radius there and a pixel: a bump
    of the wall makes it, or the corner of an end that was cut. Free ends are shortened by the same rule, so that none runs into a corner.

    Args:
        skeleton: (rows, columns), bool, one pixel wide.
        radius: (rows, columns), of the largest disc inside the vessel around each pixel, in the unit of `spacing`.
        spacing: (row, column) distance of pixel centres.

    Returns:
        One array (k, 2), int, a branch: rows and columns in order. A single pixel makes none.
    """
    skeleton = np.pad(skeleton, 1)
    radius, width = np.pad(radius, 1).ravel(), skeleton.shape[1]
    branches = _trace(_neighbours(skeleton))
    while spurs := _spurs(branches, radius, width, spacing):
        branches = _joined([branch for number, branch in enumerate(branches) if number not in spurs])
    branches = _shortened(branches, radius, width, spacing)
    return [np.stack(np.divmod(branch, width), axis=1) - 1 for branch in branches]


def _neighbours(skeleton: np.ndarray) -> dict[int, list[int]]:
    """Neighbours of each pixel; diagonal ones only where no common side neighbour leads there, so that bifurcations are single pixels."""
    width, flat = skeleton.shape[1], skeleton.ravel()
    pixels = np.flatnonzero(flat)
    near: dict[int, list[int]] = {pixel: [] for pixel in pixels.tolist()}
    for step in (1, width):
        _link(near, pixels[flat[pixels + step]], step)
    for down, side in ((width, 1), (width, -1)):
        there = flat[pixels + down + side] & ~flat[pixels + down] & ~flat[pixels + side]
        _link(near, pixels[there], down + side)
    return near


def _link(near: dict[int, list[int]], pixels: np.ndarray, step: int) -> None:
    for pixel in pixels.tolist():
        near[pixel].append(pixel + step)
        near[pixel + step].append(pixel)


def _trace(near: dict[int, list[int]]) -> list[Branch]:
    """Walks from every end and bifurcation, then around the loops that have neither."""
    branches, walked = [], set()
    nodes = [pixel for pixel, others in near.items() if len(others) not in (0, 2)]
    for start in nodes:
        for step in near[start]:
            if (start, step) not in walked:
                branches.append(_walk(near, start, step))
                walked |= {tuple(branches[-1][:2]), tuple(branches[-1][:-3:-1])}
    seen = {pixel for branch in branches for pixel in branch}
    for start in near:
        if start not in seen and near[start]:
            branches.append(_walk(near, start, near[start][0]))
            seen.update(branches[-1])
    return branches


def _walk(near: dict[int, list[int]], start: int, step: int) -> Branch:
    branch = [start, step]
    while len(near[branch[-1]]) == 2 and branch[-1] != start:
        one, other = near[branch[-1]]
        branch.append(other if one == branch[-2] else one)
    return branch


def _spurs(branches: list[Branch], radius: np.ndarray, width: int, spacing: tuple[float, float]) -> set[int]:
    degree = Counter(end for branch in branches for end in (branch[0], branch[-1]))
    spurs = set()
    for number, branch in enumerate(branches):
        tip, root = sorted((branch[0], branch[-1]), key=lambda end: degree[end])
        if degree[tip] == 1 and degree[root] > 2:
            row, column = np.subtract(divmod(tip, width), divmod(root, width)) * spacing
            if np.hypot(row, column) + radius[tip] < 2 * radius[root] + max(spacing):
                spurs.add(number)
    return spurs


def _shortened(branches: list[Branch], radius: np.ndarray, width: int, spacing: tuple[float, float]) -> list[Branch]:
    ends = Counter(end for branch in branches for end in (branch[0], branch[-1]))
    for _ in range(2):
        branches = [branch[::-1] for branch in branches]
        branches = [
            branch[: _kept(branch, radius, width, spacing)] if ends[branch[-1]] == 1 else branch for branch in branches
        ]
    return branches


def _kept(branch: Branch, radius: np.ndarray, width: int, spacing: tuple[float, float]) -> int:
    """Pixels up to the first from which on every largest disc nearly covers that of the last."""
    places = np.stack(np.divmod(branch, width), axis=1) * spacing
    reach = np.hypot(*(places - places[-1]).T) + radius[branch[-1]]
    beyond = np.flatnonzero(reach * _EVEN >= 2 * radius[branch])
    return max(2, beyond[-1] + 2 if len(beyond) else 2)


def _joined(branches: list[Branch]) -> list[Branch]:
    """Makes one of two branches where nothing else meets any more."""
    at = defaultdict(list)
    for branch in branches:
        at[branch[0]].append(branch)
        at[branch[-1]].append(branch)
    for node in at:
        meeting = at[node]
        if len(meeting) == 2 and meeting[0] is not meeting[1]:
            one, other = meeting
            joined = (one if one[-1] == node else one[::-1]) + (other if other[0] == node else other[::-1])[1:]
            for old in meeting:
                for end in (old[0], old[-1]):
                    at[end] = [joined if kept is old else kept for kept in at[end]]
            at[node] = []
    return list({id(branch): branch for meeting in at.values() for branch in meeting}.values())
