# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from .card_figure import card_figure
from .html_text import html_name, html_text
from .sheet import Sheet

__all__ = ["curation_report"]

_SHORT = 16  # characters of a fact that is shown large
_COLOURS = (  # white on them has a contrast of 4.5 at least; neighbours differ in lightness too
    "#0b5cad", "#2b3440", "#7e57c2", "#6b4423", "#b45309", "#c2185b", "#8b1a1a", "#0f766e", "#5f6b7a", "#4a770f",
)  # fmt: skip

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f9; color: #1d2733; font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 96rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .35rem; overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; max-width: 60rem; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1rem; }
a { color: #0b5cad; }
.note, h2 small { color: #55606e; font-size: .9rem; }
h2 small { font-weight: 400; margin-left: .35rem; white-space: nowrap; }
section, figure, .facts div { margin: 0; background: #fff; border: 1px solid #dfe4ea; border-radius: .6rem; }
section { margin-top: 1rem; padding: 1rem 1.25rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.facts div { max-width: 22rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .7rem .9rem; }
.facts dd { font-size: 1.3rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
dt { color: #55606e; font-size: .875rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.more { display: grid; grid-template-columns: fit-content(14rem) 1fr; gap: .15rem 1rem; margin: .9rem 0 0; font-size: .9rem; }
.warning { background: #fff7e0; border: 1px solid #d9a514; border-left-width: .4rem; }
nav { margin-top: 1rem; font-size: .9rem; }
nav ul, .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; list-style: none; }
.legend { margin: 0 0 .9rem; font-size: .9rem; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: .2em; background: var(--colour); }
.bars { display: grid; grid-template-columns: fit-content(18rem) 1fr auto; gap: .5rem 1rem; align-items: center; font-size: .925rem; }
.bars > b { font-weight: 400; overflow-wrap: anywhere; line-height: 1.3; }
.bars > .all { font-weight: 600; }
.bars > i { font-style: normal; text-align: right; font-variant-numeric: tabular-nums; color: #55606e; white-space: nowrap; }
.bar { display: flex; gap: 2px; height: 1.7rem; border-radius: .3rem; overflow: hidden; background: #fff; }
.bar.none { background: #e9edf2; }
.bar span { min-width: 3px; overflow: hidden; background: var(--colour); color: #fff; container-type: inline-size;
  font-size: .8rem; line-height: 1.7rem; text-align: center; white-space: nowrap; }
@container (max-width: 3rem) { .bar em { display: none; } }
em { font-style: normal; }
code { font-size: .925em; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid #0b5cad; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { padding: .4rem .75rem; vertical-align: top; border-top: 1px solid #e9edf2; }
thead th { border-top: 0; vertical-align: bottom; text-align: right; font-weight: 500; color: #55606e; line-height: 1.3; }
thead th::after { content: ""; display: block; height: .25rem; margin-top: .3rem; border-radius: .2rem; background: var(--colour, transparent); }
tr > :last-child { padding-right: 0; }
tr > :first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: #fff; }
tbody th, tfoot th { font-weight: 400; min-width: 8rem; max-width: 20rem; overflow-wrap: anywhere; }
tfoot th, tfoot td { border-top: 2px solid #c3ccd6; font-weight: 600; }
td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { display: block; color: #55606e; font-size: .865em; font-weight: 400; }
td.zero { color: #69737f; font-weight: 400; }
.meanings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: .6rem 2rem; margin: 0; }
.meanings dt { color: #1d2733; font-size: 1rem; font-weight: 600; }
.meanings dd { font-size: .925rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin-top: .5rem; }
.sheet.twins { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
figure { overflow: hidden; }
figcaption { color: #3d4754; font-size: .8rem; line-height: 1.4; }
figcaption span { padding: .4rem .6rem .5rem; overflow-wrap: anywhere; }
.twins figure > * { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; }
figcaption span { display: block; }
.picture { position: relative; aspect-ratio: 1; background: #000; }
.picture > * { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
path { fill: #ffe14d; fill-opacity: .18; stroke: #ffe14d; stroke-width: 1px; vector-effect: non-scaling-stroke; }
input { width: 1rem; height: 1rem; margin: 0 .4rem 0 0; vertical-align: -.15rem; accent-color: #0b5cad; }
input:not(:checked) ~ .sheet svg { display: none; }
@media (max-width: 40rem) {
  section { padding: .85rem .9rem; } .bars { grid-auto-flow: dense; grid-template-columns: 1fr auto; gap: .15rem 1rem; align-items: end; }
  .bar { grid-column: 1 / -1; margin-bottom: .6rem; } .more { grid-template-columns: 1fr; }
  .bars > i { grid-column: 2; } .sheet { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .5rem; }
}
@media print {
  body { background: #fff; font-size: 10.5pt; } main { padding: 0; max-width: none; } nav, input, label { display: none; }
  figure, tr, .facts div, .warning, .meanings div { break-inside: avoid; } h2 { break-after: avoid; }
  .scroll { overflow: visible; } table { font-size: 8.5pt; } th, td { padding: .25rem 0 .25rem .5rem; } tbody th, tfoot th { min-width: 5rem; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def curation_report(
    counts: Mapping[str, Mapping[str, int]],
    meanings: Mapping[str, str],
    facts: Mapping[str, Any],
    sheets: Sequence[Sheet],
    *,
    notes: Sequence[str] = (),
) -> str:
    """A page that shows what became of the frames: what share of each source was kept, what was dropped and why, and how they look.

    It needs nothing else: pictures are inside, no script, no link to elsewhere. The same input makes the same page.
    Everything is escaped. Verdicts and sheets without frames are left out.

    Args:
        counts: source -> verdict -> frames; a verdict that is missing has none.
        meanings: verdict -> one sentence; they are shown in this order, and the first is that of the kept frames.
        facts: name -> value, shown on top; short ones large. Mappings and lists are written out.
        sheets: frames to look at.
        notes: what the user must know.

    Returns:
        HTML.

    Raises:
        ValueError: if a verdict has no meaning, or a count is negative.
    """
    _check(counts, meanings)
    table = {source: [verdicts.get(name, 0) for name in meanings] for source, verdicts in counts.items()}
    totals = [sum(column) for column in zip(*table.values(), strict=True)] or [0] * len(meanings)
    shown = {name: index for index, name in enumerate(meanings) if totals[index] or not index}
    seen = [sheet for sheet in sheets if sheet.total]
    parts = [
        _head(table, totals, facts),
        _notes(notes),
        _jumps(seen),
        _bars(table, totals, shown),
        _table(table, totals, shown),
        _meanings(meanings, shown),
        *(_sheet(sheet, number, shown) for number, sheet in enumerate(seen, 1)),
    ]
    return _page([part for part in parts if part])


def _check(counts: Mapping[str, Mapping[str, int]], meanings: Mapping[str, str]) -> None:
    if not meanings:
        raise ValueError("meanings must tell of a verdict at least, got none; the first is that of the kept frames.")
    for source, verdicts in counts.items():
        for name, count in verdicts.items():
            if name not in meanings:
                raise ValueError(f"every verdict needs a meaning; '{name}' of '{source}' has none.")
            if count < 0:
                raise ValueError(f"counts must not be negative, got {count} for '{name}' of '{source}'.")


def _page(parts: list[str]) -> str:
    colours = "".join(f".v{index} {{ --colour: {colour}; }}\n" for index, colour in enumerate(_COLOURS))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Corpus of coronary angiograms</title><style>{_STYLE}{colours}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _head(table: Mapping[str, list[int]], totals: list[int], facts: Mapping[str, Any]) -> str:
    lead = f"{_counted(len(table), 'source')} with {_counted(sum(totals), 'frame')}"
    if sum(totals):
        lead += f"; {totals[0]:,} of them ({_percent(totals[0], sum(totals))}) make the corpus"
    values = {name: _shown(value) for name, value in facts.items()}
    short = {name: value for name, value in values.items() if len(value) <= _SHORT}
    long = {name: value for name, value in values.items() if name not in short}
    return (
        f'<header><h1>Corpus of coronary angiograms</h1>\n<p class="note">{lead}.</p>\n'
        f"{_facts('facts', short)}{_facts('more', long)}</header>"
    )


def _facts(kind: str, values: Mapping[str, str]) -> str:
    start, end = ("<div>", "</div>") if kind == "facts" else ("", "")
    items = "".join(
        f"{start}<dt>{html_text(name)}</dt><dd>{html_text(value)}</dd>{end}\n" for name, value in values.items()
    )
    return f'<dl class="{kind}">\n{items}</dl>\n' if items else ""


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{_prose(note)}</li>" for note in notes)
    return f'<section class="warning"><h2>Please note</h2><ul>{items}</ul></section>' if items else ""


def _jumps(sheets: Sequence[Sheet]) -> str:
    links = "".join(
        f'<li><a href="#sheet-{number}">{html_text(sheet.title)}</a> ({sheet.total:,})</li>'
        for number, sheet in enumerate(sheets, 1)
        if sheet.cards
    )
    return f'<nav aria-label="Contact sheets"><ul><li>Pictures:</li>{links}</ul></nav>' if links else ""


def _bars(table: Mapping[str, list[int]], totals: list[int], shown: Mapping[str, int]) -> str:
    legend = "".join(f"<li>{_swatch(index)}{html_text(name)}</li>" for name, index in shown.items())
    everything = f'<b class="all">all sources</b>{_bar("all sources", totals, shown)}' if len(table) > 1 else ""
    rows = "\n".join(f"<b>{html_name(source)}</b>{_bar(source, row, shown)}" for source, row in table.items())
    inner = f'<ul class="legend">{legend}</ul>\n<div class="bars">{everything}\n{rows}</div>'
    return _section("What became of the frames", inner if table else '<p class="note">There is no source.</p>')


def _bar(source: str, row: list[int], shown: Mapping[str, int]) -> str:
    """A bar and the number of frames that it stands for; narrow pieces hide their percentage."""
    shares = {name: _percent(row[index], sum(row)) for name, index in shown.items() if row[index]}
    label = f"{html_text(source)}: " + (
        ", ".join(f"{html_text(name)} {share}" for name, share in shares.items()) or "no frames"
    )
    pieces = "".join(
        f'<span class="{_colour(shown[name])}" style="flex: {row[shown[name]]} 0 0" title="{html_text(name)}: '
        f'{row[shown[name]]:,} ({share})"><em>{share}</em></span>'
        for name, share in shares.items()
    )
    bar = f'<div class="{"bar" if pieces else "bar none"}" role="img" aria-label="{label}">{pieces}</div>'
    return f"{bar}<i>{_counted(sum(row), 'frame')}</i>"


def _table(table: Mapping[str, list[int]], totals: list[int], shown: Mapping[str, int]) -> str:
    if not table:
        return ""
    names = "".join(f'<th scope="col" class="{_colour(index)}">{html_text(name)}</th>' for name, index in shown.items())
    rows = "\n".join(_row(source, row, shown) for source, row in table.items())
    foot = f"<tfoot>{_row('all sources', totals, shown)}</tfoot>" if len(table) > 1 else ""
    return _section(
        "Frames by source",
        '<div class="scroll" role="region" aria-label="Frames by source" tabindex="0"><table>'
        f'<thead><tr><th scope="col">source</th>{names}<th scope="col">all</th></tr></thead>\n'
        f"<tbody>{rows}</tbody>{foot}</table></div>",
        "Percentages are shares of the source's frames.",
    )


def _row(source: str, row: list[int], shown: Mapping[str, int]) -> str:
    cells = "".join(
        f"<td>{row[i]:,}<small>{_percent(row[i], sum(row))}</small></td>" if row[i] else '<td class="zero">0</td>'
        for i in shown.values()
    )
    return f'<tr><th scope="row">{html_name(source)}</th>{cells}<td>{sum(row):,}</td></tr>'


def _meanings(meanings: Mapping[str, str], shown: Mapping[str, int]) -> str:
    items = "".join(
        f"<div><dt>{_swatch(index)}{html_text(name)}</dt><dd>{_prose(meanings[name])}</dd></div>\n"
        for name, index in shown.items()
    )
    return _section("What the verdicts mean", f'<dl class="meanings">\n{items}</dl>')


def _sheet(sheet: Sheet, number: int, shown: Mapping[str, int]) -> str:
    cards = "\n".join(card_figure(card) for card in sheet.cards)
    kind = "sheet twins" if any(card.twin is not None for card in sheet.cards) else "sheet"
    grid = f'<div class="{kind}">\n{cards}\n</div>' if cards else ""
    verdict = sheet.title.partition(":")[0].lower()
    swatch = "".join(_swatch(index) for name, index in shown.items() if name.lower() == verdict)
    title = f"{swatch}{html_text(sheet.title[:1].upper() + sheet.title[1:])} <small>{_which(sheet)}</small>"
    text = f'<p class="note">{_prose(sheet.text)}</p>' if sheet.text else ""
    toggle = _toggle(number) if any(card.vessels is not None for card in sheet.cards) else ""
    return f'<section id="sheet-{number}"><h2>{title}</h2>{text}{toggle}{grid}</section>'


def _which(sheet: Sheet) -> str:
    if not sheet.cards:
        return f"{_counted(sheet.total, 'frame')}, no picture"
    few = len(sheet.cards) < sheet.total
    return f"{len(sheet.cards):,} of {sheet.total:,} shown" if few else f"all {sheet.total:,} shown"


def _toggle(number: int) -> str:
    name = f"maps-{number}"
    label = f'<label class="note" for="{name}">outlines of the vessel maps</label>'
    return f'<input type="checkbox" id="{name}" checked>{label}'


def _section(heading: str, inner: str, text: str = "") -> str:
    note = f'<p class="note">{text}</p>' if text else ""
    return f"<section><h2>{heading}</h2>{note}{inner}</section>"


def _swatch(index: int) -> str:
    return f'<span class="swatch {_colour(index)}"></span>'


def _colour(index: int) -> str:
    return f"v{index % len(_COLOURS)}"


def _percent(part: int, whole: int) -> str:
    """As HTML, with a digit after the point; what is not all never reads 100, what is not nothing never 0."""
    if part == whole or not part:
        return "100\u00a0%" if part else "0\u00a0%"
    share = 100 * part / whole
    sign, share = ("&lt;\u00a0", 0.1) if share < 0.05 else ("&gt;\u00a0", 99.9) if share >= 99.95 else ("", share)
    return f"{sign}{share:.1f}\u00a0%"


def _counted(count: int, thing: str) -> str:
    return f"{count:,}\u00a0{thing}{'' if count == 1 else 's'}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}\u00a0{_shown(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "–"
    if value is None or isinstance(value, bool | np.bool_):
        return {None: "–", True: "yes", False: "no"}[None if value is None else bool(value)]
    if isinstance(value, Real):
        return (
            f"{value:,}" if isinstance(value, Integral) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        )
    return str(value)


def _prose(sentence: str) -> str:
    """Options of the command look like code, and do not break."""
    return re.sub(r"(?<![\w-])--\w[\w-]*", r"<code>\g<0></code>", html_text(sentence))
