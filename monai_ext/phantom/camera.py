# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from .enlarge import enlarge
from .settings import PhantomSettings

__all__ = ["Camera"]

_COARSE = 8  # pixels: slow changes are computed on a grid so much coarser


class Camera:
    """Detector and display of one angiogram: from attenuation to grey values.

    light = exp(-attenuation) by Beer and Lambert; scatter adds a blurred share of it; the corners get less; the detector blurs; quantum
    noise of deviation noise * sqrt(light) is added; the display shows (light^c - 1) / c (c = 0: the logarithm) with a gain, takes away a share of
    what changes slowly, enhances edges, and sets the mean of the background; its ends are soft: every grey value grows with the light.

    Args:
        rng: draws what differs from system to system.
        size: rows and columns in pixels.
        settings: ranges.
    """

    def __init__(self, rng: Generator, size: int, settings: PhantomSettings) -> None:
        self.size, self.bits, unit = size, settings.bits, size / 512
        self.scatter, self.reach = rng.uniform(*settings.scatter), rng.uniform(30, 70) * unit
        self.blur, self.grain = rng.uniform(*settings.blur) * unit, rng.uniform(*settings.noise_grain)
        self.noise, self.curve = rng.uniform(*settings.noise), rng.uniform(*settings.curve)  # noise in the display
        self.brightness, self.gain = rng.uniform(*settings.brightness), rng.uniform(*settings.gain)
        self.spread = settings.spread
        self.compression, self.slow = rng.uniform(*settings.compression), rng.uniform(25, 60) * unit
        sharpened = rng.random() < settings.sharpening_share
        self.sharpening, self.edge = rng.uniform(*settings.sharpening) * sharpened, rng.uniform(1.5, 4) * unit
        self.fall_off = _fall_off(rng, size, settings)
        self.field, shade = _collimator(rng, size, settings)
        leak = 10 ** rng.uniform(-2.2, -0.8)  # of the blades
        self.open = leak + (1 - leak) * shade

    def shoot(self, background: ndarray, vessels: ndarray, rng: Generator) -> tuple[ndarray, ndarray]:
        """Two images that differ by the contrast in the vessels alone.

        Args:
            background: attenuation without contrast, (size, size), nepers.
            vessels: attenuation of the contrast, (size, size), nepers.
            rng: draws the noise, the same in both.

        Returns:
            Grey values (size, size) in 0 to 2^bits - 1, float64, not yet rounded: with and without contrast.
        """
        grain = gaussian_filter(rng.standard_normal((self.size, self.size)), self.grain, truncate=3)
        kernel = gaussian_filter1d(np.eye(1, 33, 16)[0], self.grain, truncate=3)
        grain *= self.noise / self.gain / (kernel**2).sum()  # so the display shows `noise` of white
        bare, filled = (self._detect(self.open * np.exp(-a), grain) for a in (background, background + vessels))
        inside = bare[self.field] if self.field.any() else bare
        level = float(inside.mean())
        slope = (1 + self.curve * level) if self.curve else 1.0  # of the curve there, grey by neper
        gain = min(self.gain / slope, self.spread / max(float(inside.std()), 1e-9))
        return tuple(self._display((value - level) * gain) for value in (filled, bare))

    def _detect(self, light: ndarray, grain: ndarray) -> ndarray:
        """What the display starts from: the look-up curve of blurred, noisy light, without slow changes, edges enhanced."""
        light = light + self.scatter * _slow(light, self.reach)
        light = gaussian_filter(light * (self.fall_off / (1 + self.scatter)), self.blur, truncate=3)
        light = np.maximum(light + grain * np.sqrt(light), 1e-3)
        return (light**self.curve - 1) / self.curve if self.curve else np.log(light)

    def _display(self, value: ndarray) -> ndarray:
        if self.compression:
            value = value - self.compression * _slow(value, self.slow)
        if self.sharpening:
            value = value + self.sharpening * (value - gaussian_filter(value, self.edge, truncate=2))
        grey = self.brightness + value
        return (2**self.bits - 1) / (1 + np.exp(-4 * (grey - 0.5)))  # slope 1 in the middle, soft ends


def _slow(image: ndarray, reach: float) -> ndarray:
    """A Gaussian blur of a large reach, computed on a coarse grid."""
    step = max(k for k in range(1, _COARSE + 1) if len(image) % k == 0)
    coarse = image.reshape(len(image) // step, step, len(image) // step, step).mean((1, 3))
    return enlarge(gaussian_filter(coarse, reach / step, mode="nearest", truncate=3), len(image))


def _fall_off(rng: Generator, size: int, settings: PhantomSettings) -> ndarray:
    """Less light away from a place near the middle: distance and the anode's heel."""
    pixel = (np.arange(size) + 0.5) / size * 2 - 1
    row, column = rng.uniform(-0.4, 0.4, 2)
    away = (pixel[:, None] - row) ** 2 + (pixel[None] - column) ** 2
    return 1 - rng.uniform(*settings.fall_off) * away / away.max()


def _collimator(rng: Generator, size: int, settings: PhantomSettings) -> tuple[ndarray, ndarray]:
    """Where the field is open, and the share of light there: blades at its border (sometimes far in, sometimes round), with a soft edge."""
    pixel = (np.arange(size) + 0.5) / size
    inset = np.full(4, -0.1)
    if rng.random() < settings.blades_share:  # mostly all four or none
        inset = np.where(rng.random(4) < 0.9, rng.exponential(rng.exponential(settings.blades), 4), -0.1)
    corner = rng.uniform(0.005, 0.04) if rng.random() < 0.98 else rng.uniform(0.2, 0.35)
    rows = corner - np.minimum(pixel - inset[0], 1 - inset[1] - pixel)[:, None]
    columns = corner - np.minimum(pixel - inset[2], 1 - inset[3] - pixel)[None]
    outside = np.sqrt(np.maximum(rows, 0) ** 2 + np.maximum(columns, 0) ** 2) - corner
    soft = 10 ** rng.uniform(-2.9, -2.0)
    return outside < 0, 1 / (1 + np.exp(np.clip(outside / soft, -30, 30)))
