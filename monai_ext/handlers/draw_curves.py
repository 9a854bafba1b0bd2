# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

__all__ = ["draw_curves"]

_LINES = (("#0b6fb8", "-"), ("#c2571a", "--"), ("#3c8d4f", ":"), ("#6b4fa0", "-."))


def draw_curves(
    rows: Sequence[Mapping[str, float]], panels: Mapping[str, Mapping[str, str]], *, percent: bool = False
) -> Figure:
    """Values by epoch, one panel beside the other, each with its own scale.

    Lines differ in colour and in dash, so they can be told apart in grey print.

    Args:
        rows: one an epoch, with `epoch` and the columns, as `CurveRecorder` makes them; a missing value leaves a gap.
        panels: title -> (column -> label); a panel with one line has no legend.
        percent: values in [0, 1] are shown as 0 to 100 %.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state.

    Raises:
        ValueError: if there is no row or no panel.
    """
    if not rows or not panels:
        raise ValueError(f"rows and panels must not be empty to draw curves, got {len(rows)} and {len(panels)}.")
    width = max(6.4, 3.4 * len(panels))
    figure = Figure(figsize=(width, 3.0), dpi=130, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, lines) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        _panel(axes, rows, title, lines, percent)
    return figure


def _panel(axes, rows, title: str, lines: Mapping[str, str], percent: bool) -> None:
    epochs = [row["epoch"] for row in rows]
    for (column, label), (colour, dash) in zip(lines.items(), _LINES, strict=False):
        values = [row.get(column, float("nan")) for row in rows]
        axes.plot(
            epochs,
            values,
            dash,
            color=colour,
            label=label,
            linewidth=1.8,
            marker="o" if len(rows) < 15 else "",
            markersize=3.5,
        )
    axes.set_title(title, fontsize=10.5, loc="left")
    axes.set_xlabel("epoch", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(labelsize=8.5, color="#b0b7c3")
    axes.grid(axis="y", color="#e3e7ed", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b0b7c3")
    if percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_ylim(bottom=0)
    if len(lines) > 1:
        axes.legend(fontsize=8.5, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0))
