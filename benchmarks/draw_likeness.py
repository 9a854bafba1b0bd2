# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from measure_angiogram import FREQUENCIES, GROUPS, Angiography
from measure_vessels import DISTANCES
from numpy import ndarray
from scipy.stats import ks_2samp

__all__ = ["draw_likeness"]

_LOOKS = (("real", "#0b6fb8", "-"), ("phantom", "#c2571a", "--"))
_WIDTHS = np.array([2.5, 3.5, 4.5, 5.5, 7, 9, 11.5, 15, 19.5])


def draw_likeness(real: Sequence[Angiography], phantom: Sequence[Angiography]) -> Figure:
    """Six panels of curves, median and the 10th to 90th percentile of both, and the distance of every quantity beside them."""
    figure = Figure(figsize=(18, 9), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 4, width_ratios=[1, 1, 1, 0.95])
    panels = (_histogram, _spectrum, _structure, _profile, _contrast, _widths)
    for k, panel in enumerate(panels):
        axes = figure.add_subplot(grid[k // 3, k % 3])
        _style(axes)
        panel(axes, (real, phantom))
    axes = figure.add_subplot(grid[:, 3])
    _style(axes)
    _distances(axes, real, phantom)
    figure.legend(*_legend(len(real), len(phantom)), loc="outside upper left", ncols=2, fontsize=12, frameon=False)
    return figure


def _legend(*counts: int) -> tuple[list, list[str]]:
    lines = [Line2D([], [], color=colour, linestyle=dash, linewidth=2.4) for _, colour, dash in _LOOKS]
    names = [
        f"{count} {name}: median, 10 to 90 % of images" for count, (name, _, _) in zip(counts, _LOOKS, strict=True)
    ]
    return lines, names


def _style(axes: Axes) -> None:
    axes.tick_params(labelsize=8.5, color="#b0b7c3")
    axes.grid(axis="y", color="#e3e7ed", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b0b7c3")


def _title(axes: Axes, title: str, x: str, y: str = "") -> None:
    axes.set_title(title, fontsize=10.5, loc="left")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)


def _bands(axes: Axes, x: ndarray, both: Sequence[ndarray], middle=np.nanmedian) -> None:
    """A line and a band for each (images, x)."""
    for (_, colour, dash), values in zip(_LOOKS, both, strict=True):
        low, high = np.nanpercentile(values, [10, 90], axis=0)
        axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.plot(x, middle(values, axis=0), dash, color=colour, linewidth=1.8)


def _histogram(axes: Axes, both) -> None:
    values = [100 * np.array([item.histogram.reshape(64, 4).sum(1) for item in side]) for side in both]
    _bands(axes, np.arange(64) * 4 + 1.5, values, np.mean)
    axes.set(ylim=(0, None), xlim=(0, 255))
    _title(axes, "Grey levels (mean)", "grey level", "% of pixels in 4 grey levels")


def _spectrum(axes: Axes, both) -> None:
    _bands(axes, FREQUENCIES, [np.array([item.spectrum for item in side]) for side in both])
    axes.set(xscale="log", yscale="log")
    axes.set_xticks([1 / 64, 1 / 16, 1 / 8, 1 / 4, 1 / 2], ["1/64", "1/16", "1/8", "1/4", "1/2"])
    axes.minorticks_off()
    _title(axes, "Spectrum of the background", "cycles a pixel", "power, squared grey levels")


def _structure(axes: Axes, both) -> None:
    names = [f"sd when blurred by {sigma} px" for sigma in (4, 16, 64)]
    _ranges(axes, ["4", "16", "64"], [_of("greys", names, side) for side in both])
    _title(axes, "Large structures", "blurred by, px", "standard deviation, grey levels")


def _profile(axes: Axes, both) -> None:
    _bands(axes, DISTANCES, [np.array([_middle(item.vessels.profiles) for item in side]) for side in both])
    circle = np.sqrt(np.maximum(0, 1 - (DISTANCES / 0.577) ** 2))
    axes.plot(DISTANCES, circle, ":", color="#555b66", linewidth=1.2)
    axes.annotate("half circle", (0.0, 1.04), fontsize=8.5, color="#555b66", ha="center")
    axes.set(xlim=(-1.2, 1.2), ylim=(-0.15, 1.15))
    _title(axes, "Profile across vessels", "distance from the middle, FWHM", "share of the depth")


def _contrast(axes: Axes, both) -> None:
    _bands(axes, np.sqrt(_WIDTHS[1:] * _WIDTHS[:-1]), [np.array([_by_width(item) for item in side]) for side in both])
    axes.set_ylim(0, None)
    _title(axes, "Contrast by width", "full width at half maximum (FWHM), px", "-ln(inside / beside)")


def _by_width(item: Angiography) -> list[float]:
    vessels = item.vessels
    dark = -np.log(np.maximum(vessels.beside - vessels.contrast, 1) / np.maximum(vessels.beside, 1))
    place = np.digitize(vessels.width, _WIDTHS) - 1
    return [np.nanmedian(dark[place == k]) if (place == k).sum() >= 3 else np.nan for k in range(len(_WIDTHS) - 1)]


def _widths(axes: Axes, both) -> None:
    for kind, shift, marker in (("outline", -0.22, "s"), ("FWHM", 0.22, "o")):
        values = [_of("vessels", [f"{kind} of {name}, px" for name in GROUPS], side) for side in both]
        _ranges(axes, GROUPS, values, shift, marker)
    axes.set_ylim(0, None)
    axes.tick_params(axis="x", labelsize=8)
    _title(axes, "Width of segments", "squares: outline; circles: FWHM of the grey profile", "px")


def _ranges(axes: Axes, names: Sequence[str], both: Sequence[ndarray], shift: float = 0.0, marker: str = "o") -> None:
    """A point with a range for each column of (images, names)."""
    for (_, colour, _), values, side in zip(_LOOKS, both, (-0.09, 0.09), strict=True):
        low, middle, high = np.nanpercentile(values, [10, 50, 90], axis=0)
        x = np.arange(len(names)) + shift + side
        error = [middle - low, high - middle]
        axes.errorbar(x, middle, error, fmt=marker, color=colour, markersize=5, elinewidth=2, alpha=0.9)
    axes.set_xticks(range(len(names)), names)


def _distances(axes: Axes, real: Sequence[Angiography], phantom: Sequence[Angiography]) -> None:
    names = [(kind, name) for kind, numbers in real[0].numbers.items() for name in numbers]
    values = [ks(_of(kind, [name], real), _of(kind, [name], phantom)) for kind, name in names]
    place = np.arange(len(names)) + 1.3 * np.cumsum([a[0] != b[0] for a, b in pairwise([("", ""), *names])])
    chance = 1.36 * np.sqrt(1 / len(real) + 1 / len(phantom))
    colours = ["#3c8d4f" if value < chance else "#8b94a3" if value < 0.3 else "#b3352b" for value in values]
    axes.barh(place, values, color=colours, height=0.7)
    for kind in real[0].numbers:
        first = place[[k for k, _ in names].index(kind)]
        axes.annotate(kind, (0.01, first - 0.75), fontsize=9.5, weight="bold")
    axes.axvline(chance, color="#3c8d4f", linewidth=1, linestyle=":")
    axes.set_yticks(place, [name for _, name in names])
    axes.set(xlim=(0, 1), ylim=(place[-1] + 0.7, place[0] - 1.7), axisbelow=True)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color="#e3e7ed", linewidth=0.8)
    _title(
        axes, "Distance of each quantity", "KS: 0 the same, 1 no overlap;\ngreen: chance (dotted line); red: above 0.3"
    )


def ks(real: ndarray, phantom: ndarray) -> float:
    """Kolmogorov-Smirnov statistic of the values that are not nan; nan if one side has none."""
    real, phantom = (values[np.isfinite(values)] for values in (real, phantom))
    return ks_2samp(real, phantom).statistic if len(real) and len(phantom) else np.nan


def _of(kind: str, names: Sequence[str], side: Sequence[Angiography]) -> ndarray:
    return np.array([[item.numbers[kind][name] for name in names] for item in side])


def _middle(profiles: ndarray) -> ndarray:
    known = profiles[np.isfinite(profiles).all(1)]
    return np.median(known, axis=0) if len(known) else np.full(len(DISTANCES), np.nan)
