# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import PCG64, Generator, SeedSequence
from scipy.ndimage import gaussian_filter

from .background import draw_background
from .heart import Heart
from .instruments import draw_instruments
from .tree import Branch, coronary_tree
from .tubes import add_tube
from .view import View

__all__ = ["PHANTOM_VERSION", "draw_angiogram"]

PHANTOM_VERSION = 2
"""Changes with the pictures, so that cached ones of another version are drawn again."""


def draw_angiogram(seed: int, index: int, size: int = 512) -> tuple[ndarray, ndarray]:
    """A synthetic coronary angiogram and its vessels.

    A left or right coronary tree on a heart is projected by a C-arm; contrast, tissue and instruments weaken the rays by
    Beer and Lambert's law, I = exp(-sum of attenuation); blur, quantum noise, grey scale and collimator follow.
    Everything comes from (seed, index), nothing from a global generator; all arithmetic is float64, so that rounding to
    grey values hides the last bits in which mathematics libraries differ.

    Args:
        seed: of the data set, >= 0.
        index: of the angiogram, >= 0.
        size: rows and columns in pixels, >= 32.

    Returns:
        The image (size, size), uint8, vessels dark; and the vessels (size, size), bool: where the contrast-filled tree is, without
        catheter and wires.

    Raises:
        ValueError: if seed or index is negative or size is below 32.
    """
    if seed < 0 or index < 0 or size < 32:
        raise ValueError(f"seed and index must be >= 0 and size >= 32, got {seed}, {index} and {size}.")
    body, scene, tissue, tools, camera = (Generator(PCG64(s)) for s in SeedSequence([seed, index]).spawn(5))
    heart = Heart(length=body.uniform(85, 105), radius=body.uniform(37, 46))
    tree = coronary_tree(body, heart, "left" if body.random() < 0.55 else "right")
    view = _view(scene, tree, size)
    thickness, seen = _project_tree(tree, view)
    attenuation = draw_background(tissue, view, heart) + draw_instruments(tools, view, tree)
    attenuation += thickness * scene.uniform(0.06, 0.14) / view.scale
    image, field = _photograph(camera, attenuation, size)
    return image, seen & field


def _view(rng: Generator, tree: list[Branch], size: int) -> View:
    """A C-arm angle, and a table position that keeps the tree in the picture."""
    lao, cranial = rng.uniform(-45, 55), rng.uniform(-30, 32)
    probe = View(lao, cranial, rng.uniform(95, 155), (0.0, 0.0), size)
    points = probe.project(np.concatenate([branch.points for branch in tree])) / size
    low, high = points.min(0), points.max(0)
    centre = rng.uniform(0.40, 0.60, 2) - (low + high) / 2
    return View(lao, cranial, probe.field, (centre[0], centre[1]), size)


def _project_tree(tree: list[Branch], view: View) -> tuple[ndarray, ndarray]:
    """Path length through contrast in pixels, and where the tree is seen."""
    thickness = np.zeros((view.size, view.size))
    for branch in tree:
        add_tube(
            thickness, view.project(branch.points), branch.radius * view.scale, 1.4 * branch.parent_radius * view.scale
        )
    return thickness, thickness > 0.6


def _photograph(rng: Generator, attenuation: ndarray, size: int) -> tuple[ndarray, ndarray]:
    """Detector and display: blur, quantum noise, grey scale, collimator. Returns grey values and the open field."""
    unit = size / 512
    light = gaussian_filter(np.exp(-attenuation), rng.uniform(0.5, 0.9) * unit, truncate=3)
    noise = rng.standard_normal((size, size))
    noise = gaussian_filter(noise, rng.uniform(0.45, 0.8), truncate=3)
    light += noise * np.sqrt(light) * rng.uniform(0.008, 0.05)
    if rng.random() < 0.5:  # edge enhancement, as many systems show it
        light += rng.uniform(0.3, 0.8) * (light - gaussian_filter(light, 3 * unit, truncate=2))
    light = (light - light.mean()) / light.std()
    grey = rng.uniform(0.38, 0.62) + light * rng.uniform(0.07, 0.15)
    field, shade = _collimator(rng, size)
    return np.rint(np.clip(grey * shade + 0.012, 0, 1) * 255).astype(np.uint8), field


def _collimator(rng: Generator, size: int) -> tuple[ndarray, ndarray]:
    """Blades at the border of the field (sometimes far in, sometimes round), with a soft edge."""
    pixel = (np.arange(size) + 0.5) / size
    inset = np.where(rng.random(4) < 0.5, rng.exponential(0.015, 4), -0.1)
    if rng.random() < 0.06:
        inset = rng.uniform(0.06, 0.2, 4)
    corner = rng.uniform(0.005, 0.03) if rng.random() < 0.9 else rng.uniform(0.2, 0.35)
    rows = corner - np.minimum(pixel - inset[0], 1 - inset[1] - pixel)[:, None]
    columns = corner - np.minimum(pixel - inset[2], 1 - inset[3] - pixel)[None]
    outside = np.sqrt(np.maximum(rows, 0) ** 2 + np.maximum(columns, 0) ** 2) - corner
    soft = rng.uniform(0.0015, 0.004)
    return outside < 0, 0.05 + 0.95 / (1 + np.exp(np.clip(outside / soft, -30, 30)))
