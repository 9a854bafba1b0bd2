# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from measure_vessels import Vessels, measure_vessels
from numpy import ndarray
from scipy.ndimage import distance_transform_edt, gaussian_filter

__all__ = ["FREQUENCIES", "GROUPS", "Angiography", "group_of", "measure_angiogram"]

GROUPS = ("left main", "proximal", "mid", "distal", "side branch")
_PLACES = {"5": 0, "1": 1, "6": 1, "11": 1, "2": 2, "7": 2, "3": 3, "8": 3, "13": 3}
_PATCH = 64
FREQUENCIES = np.arange(1, _PATCH // 2 + 1) / _PATCH
"""Cycles a pixel of the spectrum."""
_SHOWN = {"1/16": 4, "1/8": 8, "1/4": 16, "3/8": 24, "1/2": 32}


@dataclass(frozen=True)
class Angiography:
    """What was measured on one image."""

    numbers: dict[str, dict[str, float]]
    """Kind -> quantity -> value; nan where the image has nothing to measure it on."""
    histogram: ndarray
    """(256,): share of the pixels with each grey level."""
    spectrum: ndarray
    """(32,), squared grey levels: mean |F|^2 / pixels at `FREQUENCIES`; white noise of standard deviation s gives s^2."""
    vessels: Vessels


def group_of(segment: str) -> str:
    """Which of `GROUPS` a SYNTAX segment belongs to."""
    return GROUPS[_PLACES.get(segment, 4)]


def measure_angiogram(image: ndarray, masks: Mapping[str, ndarray]) -> Angiography:
    """Greys, noise, vessels and labels of an angiogram.

    Noise is read where no outline and no dark border is within 6 px; its finest band is the image minus its Gaussian of 1 px.
    Spreads of noise are 1.4826 median absolute deviations, which thin vessels without a label do not move.

    Args:
        image: (512, 512), uint8.
        masks: SYNTAX segment -> (512, 512), bool: what an expert outlined.
    """
    grey = image.astype(np.float64)
    union = np.any([np.zeros(image.shape, bool), *masks.values()], axis=0)
    away = distance_transform_edt(~union) if union.any() else np.full(image.shape, np.inf)
    quiet = (away > 6) & _open_field(grey)
    spectrum = _spectrum(grey, quiet)
    vessels = measure_vessels(image, masks)
    fine = grey - gaussian_filter(grey, 1)
    noise = {"finest band, sd": _spread(fine[quiet])}
    noise |= {f"power at {name} cycles/px, log10": np.log10(spectrum[k - 1]) for name, k in _SHOWN.items()}
    labels = {"outlined pixels, %": 100 * union.mean(), "outlined segments": float(len(masks))}
    labels["length over chord"] = _median(vessels.tortuosity)
    ring = fine[(away > 3) & (away < 12) & quiet]
    kinds = {"greys": _greys(grey), "noise": noise, "vessels": _vessels(vessels, _spread(ring)), "labels": labels}
    return Angiography(kinds, np.bincount(image.ravel(), minlength=256) / image.size, spectrum, vessels)


def _greys(grey: ndarray) -> dict[str, float]:
    low, high = np.percentile(grey, [1, 99])
    numbers = {"mean": grey.mean(), "sd": grey.std(), "darkest 1 %": low, "brightest 1 %": high}
    small = grey.reshape(grey.shape[0] // 4, 4, -1, 4).mean((1, 3))
    blurred = {4: gaussian_filter(grey, 4), 16: gaussian_filter(small, 4), 64: gaussian_filter(small, 16)}
    return numbers | {f"sd when blurred by {sigma} px": image.std() for sigma, image in blurred.items()}


def _vessels(vessels: Vessels, noise: float) -> dict[str, float]:
    group = np.array([group_of(name) for name in vessels.names], "U12")
    widths = {"outline": vessels.outlined, "FWHM": vessels.width}
    numbers = {f"{kind} of {name}, px": _median(v[group == name]) for kind, v in widths.items() for name in GROUPS}
    inside = np.maximum(vessels.beside - vessels.contrast, 1) / np.maximum(vessels.beside, 1)
    return numbers | {
        "outline - FWHM, px": _median(vessels.outlined - vessels.width),
        "flatness of profile": _median(vessels.flatness),
        "contrast, grey levels": _median(vessels.contrast),
        "-ln(inside / beside)": _median(-np.log(inside)),
        "contrast / noise": _median(vessels.contrast) / max(noise, 0.1),
    }


def _open_field(grey: ndarray) -> ndarray:
    """Everything farther than 6 px from dark borders and from the end of the image."""
    return distance_transform_edt(np.pad(gaussian_filter(grey, 4) > 18, 1))[1:-1, 1:-1] > 6


def _spread(values: ndarray) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if len(values) else np.nan


def _median(values: ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


def _spectrum(grey: ndarray, quiet: ndarray) -> ndarray:
    """Power by frequency, averaged over directions and over the 40 (at most) quietest patches, a Hann window on each."""
    window = np.hanning(_PATCH + 2)[1:-1]
    window = np.outer(window, window) / np.mean(window**2)
    power = np.mean([np.abs(np.fft.fft2(_without_plane(patch) * window)) ** 2 for patch in _patches(grey, quiet)], 0)
    cycles = np.fft.fftfreq(_PATCH, 1 / _PATCH)
    ring = np.rint(np.hypot(cycles[:, None], cycles)).astype(int).ravel()
    total = np.bincount(ring, power.ravel()) / np.bincount(ring) / _PATCH**2
    return total[1 : _PATCH // 2 + 1]


def _patches(grey: ndarray, quiet: ndarray) -> list[ndarray]:
    """Half overlapping, with less than 2 % that is not quiet; the 6 with the least where there is none."""
    step = _PATCH // 2
    corners = [(y, x) for y in range(0, grey.shape[0] - step, step) for x in range(0, grey.shape[1] - step, step)]
    windows = [(slice(y, y + _PATCH), slice(x, x + _PATCH)) for y, x in corners]
    loud = np.array([1 - quiet[window].mean() for window in windows])
    order = np.argsort(loud, kind="stable")[: np.clip((loud < 0.02).sum(), 6, 40)]
    return [grey[windows[i]] for i in order]


def _without_plane(patch: ndarray) -> ndarray:
    ramp = np.arange(_PATCH) - (_PATCH - 1) / 2
    down, right = (np.tensordot(ramp, patch.mean(axis), 1) / (ramp**2).sum() for axis in (1, 0))
    return patch - patch.mean() - down * ramp[:, None] - right * ramp
