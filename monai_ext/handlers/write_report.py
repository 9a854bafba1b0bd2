# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import csv
import json
import os
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from monai_ext.ops import atomic_file

from .draw_curves import draw_curves

__all__ = ["write_report"]

_NAMES = {
    "loss": "loss, total",
    "reconstruction": "masked reconstruction error",
    "consistency": "anatomical consistency",
    "masked_error": "masked reconstruction error",
    "masked_error_vessel": "masked error, vessel patches",
    "masked_error_background": "masked error, background patches",
    "hidden_vessel_share": "hidden patches that hold vessel",
    "vessel_dice": "vessel Dice, S(I) and S(I')",
    "dice": "Dice",
    "cldice": "clDice",
    "hd95": "HD95 (px)",
    "mAP": "mAP, overlaps 0.50 to 0.95",
    "sensitivity_0.5fp": "sensitivity at 0.5 false positives an image",
    "sensitivity_1fp": "sensitivity at 1 false positive an image",
    "sensitivity_2fp": "sensitivity at 2 false positives an image",
    "sensitivity": "sensitivity at the threshold",
    "precision": "precision",
    "f1": "F1",
}
_NOT_A_LOSS = {
    "epoch", "hidden_vessel_share", "vessel_patch_share", "guided_share", "learning_rate", "seconds", "images_per_second",
}  # fmt: skip
_VALIDATION = "validation_"
_SHOWN_ITEMS = 20
_RECONSTRUCTIONS = (
    "Images of the last batch drawn. The segmentor's answers to the image and to its reconstruction should agree."
)
_OVERLAYS = "The images that went best, middling and worst, two pictures each; what the colours mean stands below."
_DETECTIONS = "The images that went best, middling and worst, without and with boxes; what the lines mean stands below."
_OVER_ALL = (
    "Measured over all images together; deviation and interval are those of sets of images drawn with replacement."
)

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f9; color: #1d2733; font: 16px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.lead, .note { color: #55606e; }
.note { font-size: .875rem; }
section { background: #fff; border: 1px solid #dfe4ea; border-radius: .6rem; padding: 1rem 1.25rem; margin-top: 1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.card { background: #fff; border: 1px solid #dfe4ea; border-radius: .6rem; padding: .7rem .9rem; }
.card b { display: block; font-size: 1.3rem; line-height: 1.3; white-space: nowrap; font-variant-numeric: tabular-nums; }
.card span { color: #55606e; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid #e9edf2; }
tr:first-child > * { border-top: 0; }
tbody th { font-weight: 400; color: #55606e; width: 17rem; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
ul { margin: 0; padding-left: 1.1rem; }
.broad { position: relative; left: 50%; width: min(96vw, 110rem); transform: translateX(-50%); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); column-gap: 1rem; }
.scroll { overflow-x: auto; }
.scroll td { overflow-wrap: normal; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.wide img { min-width: min(54rem, 175vw); }
@media (max-width: 40rem) { tbody th { width: 42%; } section { padding: .85rem .9rem; } }
@media print {
  body { background: #fff; font-size: 11pt; } main { padding: 0; max-width: none; }
  section, .card { border-color: #bbb; break-inside: avoid; } .wide img { min-width: 0; } .scroll { overflow: visible; }
  .broad { position: static; width: auto; transform: none; }
}
"""


def write_report(folder: str | os.PathLike[str]) -> Path:
    """Makes `report.html` of a run from the files in its folder, so that an evaluation can make it anew.

    One file that needs nothing else: pictures are inside, no script, no link. What is missing is left out.

    Reads `run.json` (title, knobs, data, environment; see `HtmlReport`), `curves.csv`, `metrics.json` (see `MetricsFile`),
    `reconstructions.png`, `segmentations.png`, `overlays.png` and `detections.png`; writes `loss_curves.png`, `validation_curve.png`, `hidden_vessel_share.png` and `report.html`.

    Args:
        folder: of the run.

    Returns:
        The path of `report.html`.

    Raises:
        FileNotFoundError: if the folder is not there.
        ValueError: if one of the files cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder '{folder}' to report on; name the folder of a run.")
    run, metrics, rows = _json(folder / "run.json"), _json(folder / "metrics.json"), _rows(folder / "curves.csv")
    title = str(run.get("title") or folder.resolve().name)
    sections = [
        _losses(folder, rows),
        _validation(folder, rows),
        _shares(folder, rows),
        _pictures("Reconstructions", folder / "reconstructions.png", _RECONSTRUCTIONS),
        _pictures(
            "Segmentations", folder / "segmentations.png", "Images of the last batch drawn; 0 is white, 1 dark blue."
        ),
        _metrics(metrics),
        _classes(metrics.get("classes")),
        _pictures("Overlays", folder / "overlays.png", _OVERLAYS, broad=True),
        _pictures("Detections", folder / "detections.png", _DETECTIONS, broad=True),
        _table("Evaluated", metrics.get("context")),
        '<div class="columns">',
        _table("What was run", run.get("knobs"), "The settings, after all overrides."),
        _table("Data", run.get("data")),
        _table("Environment", run.get("environment")),
        "</div>",
    ]
    page = _page(title, [f"<h1>{escape(title)}</h1>", _lead(run), _cards(rows), *sections])
    path = folder / "report.html"
    with atomic_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _page(title: str, parts: list[str]) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body><main>\n'
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def _lead(run: Mapping[str, Any]) -> str:
    return f'<p class="lead">Finished {escape(str(run["finished"]))}.</p>' if run.get("finished") else ""


def _cards(rows: list[dict[str, float]]) -> str:
    if not rows:
        return ""
    first, last = rows[0], rows[-1]
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    cards = [(f"{last['epoch']:.0f}", "epochs"), (_duration(seconds), "training time")]
    if "images_per_second" in last:
        cards.append((f"{last['images_per_second']:.3g}", "images a second"))
    for column in ("loss", "reconstruction"):
        if first.get(column) and column in last:
            change = 100 * (last[column] / first[column] - 1)
            cards.append((f"{last[column]:.4g}", f"{_name(column)}, {change:+.0f} % from epoch {first['epoch']:.0f}"))
    if {"hidden_vessel_share"} <= first.keys() & last.keys():
        share = f"{100 * first['hidden_vessel_share']:.0f} → {100 * last['hidden_vessel_share']:.0f} %"
        cards.append((share, _name("hidden_vessel_share")))
    inner = "".join(
        f'<div class="card"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for value, name in cards
    )
    return f'<div class="cards">{inner}</div>'


def _losses(folder: Path, rows: list[dict[str, float]]) -> str:
    columns = [
        name for name in (rows[-1] if rows else {}) if name not in _NOT_A_LOSS and not name.startswith(_VALIDATION)
    ]
    if not columns:
        return ""
    panels = {_name(column): {column: _name(column)} for column in columns}
    picture = _save(folder / "loss_curves.png", lambda: draw_curves(rows, panels))
    return _section(
        "Losses",
        f'<div class="scroll wide">{_image(picture, "loss by epoch")}</div>',
        "Means over each epoch; lower is better.",
    )


def _validation(folder: Path, rows: list[dict[str, float]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row if name.startswith(_VALIDATION)))
    if not columns:
        return ""
    looked = [row for row in rows if columns[0] in row]
    panels = {_name(column.removeprefix(_VALIDATION)): {column: column} for column in columns}
    picture = _save(folder / "validation_curve.png", lambda: draw_curves(looked, panels))
    text = "On the images that choose the epoch; the weights of the best one are kept."
    return _section("Validation", _image(picture, "validation by epoch"), text)


def _shares(folder: Path, rows: list[dict[str, float]]) -> str:
    if not rows or "hidden_vessel_share" not in rows[-1]:
        return ""
    lines = {
        "hidden_vessel_share": "hidden patches\nthat hold vessel",
        "vessel_patch_share": "all patches that hold vessel\n(what random masks reach)",
        "guided_share": "guided share of\nthe hidden patches",
    }
    panel = {"share of patches": {column: label for column, label in lines.items() if column in rows[-1]}}
    picture = _save(folder / "hidden_vessel_share.png", lambda: draw_curves(rows, panel, percent=True))
    text = "As more of the mask follows the guidance, more of what is hidden must hold vessel."
    return _section("Does the mask find the vessels?", _image(picture, "hidden vessel share by epoch"), text)


def _pictures(heading: str, path: Path, text: str, *, broad: bool = False) -> str:
    """A picture of its own; a broad one may be wider than the text."""
    if not path.is_file():
        return ""
    section = _section(heading, f'<div class="scroll wide">{_image(path, heading.lower())}</div>', text)
    return f'<div class="broad">{section}</div>' if broad else section


def _metrics(metrics: Mapping[str, Any]) -> str:
    measured = {name: value for name, value in metrics.items() if isinstance(value, Mapping) and "mean" in value}
    if not measured:
        return ""
    with_interval = any("ci95" in value for value in measured.values())
    over_all = "mAP" in measured or "f1" in measured
    titles = (
        ("value ± deviation", "95 % interval")
        if over_all
        else ("mean ± standard deviation", "95 % interval of the mean")
    )
    head = ["quantity", *titles[: 1 + with_interval], "images"]
    rows = []
    for name, value in measured.items():
        mean = _number(value["mean"]) + (f" ± {_number(value['std'])}" if "std" in value else "")
        interval = [" to ".join(_number(end) for end in value.get("ci95", ["–"]))] if with_interval else []
        rows.append([escape(_name(name)), mean, *interval, _number(value.get("n", "–"))])
    return _section("Evaluation", _grid(head, rows), _OVER_ALL if over_all else "")


def _classes(classes: Mapping[str, Mapping[str, Any]] | None) -> str:
    if not classes:
        return ""
    measures = list(dict.fromkeys(measure for values in classes.values() for measure in values if measure != "n"))
    rows = [
        [escape(str(name)), *(_number(values.get(measure, "–")) for measure in [*measures, "n"])]
        for name, values in classes.items()
    ]
    text = "Means over the images that have the measure; images: those in which the class is in the label or was found."
    grid = _grid(["class", *map(_name, measures), "images"], rows)
    return _section("Evaluation by class", f'<div class="scroll">{grid}</div>', text)


def _grid(head: list[str], rows: list[list[str]]) -> str:
    """A table; cells are HTML."""
    lines = "".join(f"<tr><th>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in rows)
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _table(heading: str, values: Mapping[str, Any] | None, text: str = "") -> str:
    if not values:
        return ""
    lines = "".join(f"<tr><th>{escape(str(name))}</th><td>{_value(value)}</td></tr>" for name, value in values.items())
    return _section(heading, f"<table><tbody>{lines}</tbody></table>", text)


def _section(heading: str, inner: str, text: str = "") -> str:
    note = f'<p class="note">{escape(text)}</p>' if text else ""
    return f"<section><h2>{escape(heading)}</h2>{note}{inner}</section>"


def _value(value: Any) -> str:
    if isinstance(value, list) and value:
        items = [f"<li>{_value(item)}</li>" for item in value[:_SHOWN_ITEMS]]
        more = f"<li>and {len(value) - _SHOWN_ITEMS} more</li>" if len(value) > _SHOWN_ITEMS else ""
        return f"<ul>{''.join(items)}{more}</ul>"
    if isinstance(value, Mapping) and value:
        return "<br>".join(f"{escape(str(name))}: {_value(item)}" for name, item in value.items())
    return _number(value) if isinstance(value, int | float) else escape("–" if value in (None, [], {}) else str(value))


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()  # as in the configuration
    return escape(f"{value:.4g}" if isinstance(value, float) else str(value))


def _name(column: str) -> str:
    return _NAMES.get(column, column.replace("_", " "))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _save(path: Path, draw: Callable[[], Figure]) -> Path:
    with atomic_file(path) as temporary:
        draw().savefig(temporary, format="png")
    return path


def _image(path: Path, alt: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"'{path}' must be JSON, got {error}; delete it to report without it.") from error
    if not isinstance(value, dict):
        raise ValueError(
            f"'{path}' must hold a JSON object, got {type(value).__name__}; delete it to report without it."
        )
    return value


def _rows(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        try:
            return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
        except (TypeError, ValueError) as error:
            raise ValueError(f"'{path}' must hold numbers, got {error}; delete it to report without it.") from error
