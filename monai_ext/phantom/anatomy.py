# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .segments import SEGMENTS

__all__ = ["Artery", "arteries"]


@dataclass(frozen=True)
class Artery:
    """Where a named artery runs on the heart, and which SYNTAX segments it has."""

    parent: str | None
    """Name of the artery that it leaves; None for the one that starts at the ostium."""
    share: float
    """Of the parent's length where it leaves; 1: where the parent ends."""
    ratio: float
    """Radius at its origin, as a share of the parent's; of the first artery in millimetres."""
    segments: tuple[tuple[str, float], ...]
    """Names of `SEGMENTS` and the share of the length where each ends; "" for none."""
    places: tuple[tuple[float, float, float], ...]
    """Degrees around the heart, depth, wall: see `Heart`. Without the origin, which is the parent's."""
    chance: float = 1.0
    """Share of patients who have it."""
    wind: float = 1.0
    """Tortuosity relative to the tree's."""

    @property
    def may_end_early(self) -> bool:
        """Arteries that others continue go on to where these start."""
        return len(self.segments) == 1 and self.parent is not None

    def segments_along(self, count: int) -> ndarray:
        """Category id of each of `count` points, uint8."""
        ids = np.zeros(count, np.uint8)
        for name, end in reversed(self.segments):
            ids[: round(end * count)] = SEGMENTS.index(name) + 1 if name else 0
        return ids


def _branch(parent, share, ratio, segment, *places, chance=0.7, wind=1.5) -> Artery:
    return Artery(parent, share, ratio, ((segment, 1.0),), places, chance, wind)


_DESCENDING = Artery(
    "main", 1.0, 0.77, (("6", 0.27), ("7", 0.55), ("8", 1.0)),
    ((12, 0.10, 1), (3, 0.30, 1), (-3, 0.55, 1), (0, 0.80, 1), (8, 0.97, 1), (120, 1.0, 1)), wind=0.8,
)  # fmt: skip
_LEFT = {
    "main": Artery(None, 0.0, 2.6, (("5", 1.0),), ((17, -0.06, 0.70), (20, -0.02, 0.83), (22, 0.02, 0.95)), wind=0.4),
    "descending": _DESCENDING,
    "ramus": _branch("main", 1.0, 0.48, "12", (38, 0.18, 1), (48, 0.40, 1), (52, 0.62, 1), chance=0.25),
    "diagonal 1": _branch("descending", 0.16, 0.66, "9", (24, 0.30, 1), (38, 0.48, 1), (42, 0.68, 1), chance=0.95),
    "diagonal 1a": _branch("descending", 0.36, 0.60, "9a", (12, 0.45, 1), (25, 0.62, 1), (28, 0.80, 1), chance=0.6),
    "diagonal 2": _branch("descending", 0.53, 0.54, "10", (12, 0.68, 1), (20, 0.82, 1), chance=0.5),
    "diagonal 2a": _branch("descending", 0.68, 0.45, "10a", (8, 0.80, 1), (16, 0.92, 1), chance=0.2),
    "septal 1": _branch("descending", 0.26, 0.36, "", (-25, 0.25, 0.85), (-60, 0.45, 0.6)),
    "septal 2": _branch("descending", 0.38, 0.34, "", (-28, 0.42, 0.8), (-70, 0.60, 0.6)),
    "septal 3": _branch("descending", 0.48, 0.30, "", (-28, 0.55, 0.8), (-70, 0.70, 0.6)),
    "marginal 1": _branch("circumflex", 0.32, 0.70, "12a", (72, 0.22, 1), (82, 0.45, 1), (86, 0.72, 1), chance=0.9),
    "marginal 2": _branch("circumflex", 0.52, 0.66, "12b", (95, 0.25, 1), (106, 0.45, 1), (112, 0.68, 1), chance=0.5),
    "posterolateral": _branch("circumflex", 0.72, 0.66, "14", (128, 0.28, 1), (134, 0.48, 1), (138, 0.68, 1), chance=0.7),
    "posterolateral a": _branch("circumflex", 0.88, 0.55, "14a", (145, 0.35, 1), (150, 0.55, 1), chance=0.4),
    "posterolateral b": _branch("circumflex", 1.0, 0.85, "14b", (160, 0.30, 1), (164, 0.48, 1), chance=0.5),
    "atrial": _branch("circumflex", 0.15, 0.35, "", (55, -0.06, 0.95), (85, -0.14, 0.85)),
}  # fmt: skip
_CIRCUMFLEX = {
    "right": Artery(
        "main", 1.0, 0.74, (("11", 0.34), ("13", 1.0)), ((45, 0.05, 1), (80, 0.07, 1), (115, 0.10, 1), (145, 0.16, 1)), wind=0.8
    ),
    "left": Artery(
        "main", 1.0, 0.84, (("11", 0.30), ("13", 1.0)),
        ((45, 0.05, 1), (80, 0.07, 1), (115, 0.08, 1), (145, 0.10, 1), (170, 0.12, 1)), wind=0.8,
    ),
}  # fmt: skip
_INFERIOR = _branch("circumflex", 1.0, 0.8, "15", (178, 0.25, 1), (180, 0.45, 1), (182, 0.70, 1), chance=1.0)
_RIGHT = {
    "main": Artery(
        None, 0.0, 2.2, (("1", 0.33), ("2", 0.63), ("3", 1.0)),
        ((-40, -0.10, 0.55), (-52, -0.05, 0.85), (-72, 0.02, 1.06), (-105, 0.05, 1.1), (-135, 0.07, 1.08), (-165, 0.09, 1.03), (-178, 0.10, 1)),
        wind=0.6,
    ),
    "posterior descending": _branch("main", 1.0, 0.68, "4", (-181, 0.25, 1), (-178, 0.45, 1), (-176, 0.70, 1), chance=1.0),
    "posterolateral": _branch(
        "main", 1.0, 0.78, "16", (-192, 0.06, 1), (-208, 0.10, 1), (-220, 0.20, 1), (-226, 0.36, 1), chance=0.9
    ),
    "posterolateral a": _branch("posterolateral", 0.30, 0.60, "16a", (-198, 0.28, 1), (-200, 0.50, 1), chance=0.5),
    "posterolateral b": _branch("posterolateral", 0.50, 0.60, "16b", (-208, 0.30, 1), (-212, 0.50, 1), chance=0.5),
    "posterolateral c": _branch("posterolateral", 0.70, 0.55, "16c", (-222, 0.34, 1), (-226, 0.50, 1), chance=0.3),
    "conus": _branch("main", 0.10, 0.40, "", (-45, 0.02, 1.1), (-25, 0.14, 1.08), (-18, 0.30, 1.05)),
    "sinus node": _branch("main", 0.14, 0.36, "", (-75, -0.12, 0.95), (-110, -0.24, 0.75)),
    "ventricular": _branch("main", 0.30, 0.42, "", (-75, 0.25, 1.05), (-62, 0.45, 1.02)),
    "marginal": _branch("main", 0.55, 0.50, "", (-105, 0.25, 1.05), (-100, 0.50, 1.02), (-95, 0.75, 1)),
    "septal 1": _branch("posterior descending", 0.2, 0.3, "", (-185, 0.3, 0.8), (-190, 0.4, 0.65)),
    "septal 2": _branch("posterior descending", 0.45, 0.3, "", (-180, 0.5, 0.8), (-185, 0.58, 0.65)),
}  # fmt: skip
_SMALL_RIGHT = {
    "main": Artery(
        None, 0.0, 1.4, (("1", 0.45), ("2", 1.0)), ((-40, -0.10, 0.55), (-52, -0.05, 0.85), (-72, 0.02, 1.06), (-105, 0.05, 1.1), (-128, 0.12, 1.08))
    ),
    **{name: _RIGHT[name] for name in ("conus", "sinus node", "ventricular", "marginal")},
}  # fmt: skip


def arteries(rng: Generator, side: str, dominance: str) -> dict[str, Artery]:
    """The named arteries of a patient, parents before children.

    Args:
        rng: draws which variants there are.
        side: "left" or "right".
        dominance: "left" or "right": which artery feeds the inferior wall.

    References:
        Sianos, G. et al. The SYNTAX score. EuroIntervention 1 (2005), figure 1: names and borders of the segments.
    """
    if side == "right":
        plan = _RIGHT if dominance == "right" else _SMALL_RIGHT
    else:
        plan = {"main": _LEFT["main"], "circumflex": _CIRCUMFLEX[dominance], **_LEFT}
        if dominance == "left":
            plan["inferior"] = _INFERIOR
    kept = {name: artery for name, artery in plan.items() if artery.chance == 1 or rng.random() < artery.chance}
    return {name: artery for name, artery in kept.items() if artery.parent is None or artery.parent in kept}
