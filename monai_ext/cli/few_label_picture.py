# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from scipy.optimize import isotonic_regression

from .few_label_result import FewLabelResult
from .few_label_summary import FewLabelSummary

__all__ = ["few_label_picture"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")  # Okabe and Ito: told apart by all eyes
_MARKERS = ("o", "s", "D", "^", "P", "h")
_SCRATCH = {"none": ("#5c6470", "o", "--"), "unet": ("#111111", "v", ":")}  # grey and black, no full lines
_MEASURES = {"dice": "Dice", "cldice": "clDice"}
_INK, _PALE = "#222933", "#b0b7c3"
_NAME_HEIGHT = 0.055  # of the panel

_Style = tuple[str, str, str]


def few_label_picture(results: Sequence[FewLabelResult], *, title: str = "") -> Figure:
    """Dice and clDice over the number of labelled images: a line for each of the starting weights, a pale dot for each seed.

    Bars are standard deviations over seeds. Lines differ in colour, marker and dash, and carry their names.

    Args:
        results: of finished cells, at least one.
        title: above both panels.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state.

    Raises:
        ValueError: if there is no result.
    """
    if not results:
        raise ValueError("results must not be empty to draw a picture, got 0; finish a cell first.")
    figure = Figure(figsize=(9.6, 4.4), dpi=150, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=_INK)
    styles = _styles(list(dict.fromkeys(result.weights for result in results)))
    for axes, (measure, name) in zip(figure.subplots(1, 2), _MEASURES.items(), strict=True):
        _frame(axes, results, name)
        _panel(axes, FewLabelSummary.of(results, measure), styles)
    return figure


def _styles(names: Sequence[str]) -> dict[str, _Style]:
    """Colour, marker and dash."""
    coloured = [name for name in names if name not in _SCRATCH]
    turns = {name: (_COLOURS[i % 6], _MARKERS[i % 6], "-") for i, name in enumerate(coloured)}
    return {name: _SCRATCH.get(name) or turns[name] for name in names}


def _panel(axes: Axes, cells: dict[tuple[str, float], FewLabelSummary], styles: dict[str, _Style]) -> None:
    ends = {}
    for place, (name, style) in enumerate(styles.items()):
        line = sorted((cell for key, cell in cells.items() if key[0] == name), key=lambda cell: cell.fraction)
        if line:
            # A few percent apart, so that bars do not hide each other.
            ends[name] = _line(axes, line, style, shift=1.02 ** (place - (len(styles) - 1) / 2))
    _name_lines(axes, ends, styles)


def _line(axes: Axes, line: Sequence[FewLabelSummary], style: _Style, *, shift: float) -> tuple[float, float]:
    """Its right end."""
    colour, marker, dash = style
    across, means = [np.mean(cell.images) * shift for cell in line], [cell.mean for cell in line]
    for x, cell in zip(across, line, strict=True):
        values = list(cell.by_seed.values())
        axes.plot([x] * len(values), values, marker, color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
    axes.errorbar(
        across, means, [cell.std or 0 for cell in line], color=colour, linestyle=dash, linewidth=1.8, elinewidth=1.2,
        marker=marker, markersize=6.5, markeredgecolor="white", markeredgewidth=0.8,
    )  # fmt: skip
    return across[-1], means[-1]


def _name_lines(axes: Axes, ends: dict[str, tuple[float, float]], styles: dict[str, _Style]) -> None:
    """Names at the right border, at the height of their line's end or as near as they can stand."""
    low, high = axes.get_ylim()
    names = sorted(ends, key=lambda name: ends[name][1])
    steps = _NAME_HEIGHT * np.arange(len(names))
    wanted = np.array([(ends[name][1] - low) / (high - low) for name in names]) - steps
    heights = isotonic_regression(wanted).x.clip(0, max(0, 1 - steps[-1])) + steps if names else []
    for name, height in zip(names, heights, strict=True):
        arrow = {
            "arrowstyle": "-",
            "color": styles[name][0],
            "alpha": 0.4,
            "linewidth": 0.8,
            "relpos": (0, 0.5),
            "shrinkA": 2,
            "shrinkB": 5,
        }
        axes.annotate(
            name, ends[name], (1.03, height), textcoords="axes fraction", color=styles[name][0], va="center", fontsize=9.5,
            fontweight="bold", annotation_clip=False, arrowprops=arrow,
        )  # fmt: skip


def _frame(axes: Axes, results: Sequence[FewLabelResult], title: str) -> None:
    groups: dict[float, list[int]] = {}
    for result in results:
        groups.setdefault(result.fraction, []).append(result.images)
    places = {
        float(np.mean(images)): f"{np.mean(images):.0f}\n{fraction * 100:g} %" for fraction, images in groups.items()
    }
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted(places)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([places[x] for x in sorted(places)])
    # The names' thin lines begin at the points: short ones are not taken for results.
    axes.set_xlim(min(places) * 0.8, max(places) * (1.25 if len(places) > 1 else 1.06))
    axes.set_xlabel("labelled images", fontsize=9.5, color=_INK)
    axes.set_title(title, fontsize=11.5, loc="left", fontweight="bold", color=_INK)
    axes.tick_params(labelsize=9, color=_PALE, labelcolor=_INK)
    axes.grid(axis="y", color="#e3e7ed", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_PALE)
