# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .segments import SEGMENTS
from .settings import PhantomSettings

__all__ = ["contact_sheet"]

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f9; color: #1d2733; font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 110rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
p { margin: 0 0 .5rem; max-width: 60rem; }
code { background: #e6ebf1; border-radius: .3rem; padding: .1rem .35rem; font-size: .875rem; overflow-wrap: anywhere; }
a { color: #0b5cad; }
.note, dt { color: #55606e; font-size: .9rem; }
dl { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 0 0 .75rem; }
dl div { display: flex; gap: .5rem; align-items: baseline; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.columns { display: grid; gap: 1rem; margin-top: 1rem; align-items: start; }
@media (min-width: 70rem) { .columns { grid-template-columns: minmax(0, 1fr) 25rem; } }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 23rem), 1fr)); gap: 1rem; }
figure, section { margin: 0; background: #fff; border: 1px solid #dfe4ea; border-radius: .6rem; overflow: hidden; }
section { padding: 1rem 1.25rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; background: #dfe4ea; }
svg { display: block; width: 100%; height: auto; background: #000; }
path { fill: var(--colour); fill-opacity: .8; }
path.extra { fill-opacity: .4; }
.lesion { fill: none; stroke: #ffe14d; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
text { fill: #ffe14d; stroke: #000; stroke-width: .2em; paint-order: stroke; text-anchor: middle; font-weight: 600; }
figcaption { padding: .5rem .8rem .6rem; font-size: .875rem; color: #55606e; }
figcaption b { margin-right: .4rem; color: #1d2733; font-size: 1rem; }
figcaption strong { color: #1d2733; font-weight: 600; margin-right: .4rem; }
.chip { display: inline-block; margin: .1rem .2rem .1rem 0; padding: 0 .45rem; border-radius: .6rem; line-height: 1.4;
  background: var(--colour); border: 2px solid var(--colour); color: #10161d; font-weight: 600; }
.chip.extra { background: none; font-weight: 400; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem 0; border-top: 1px solid #e9edf2; }
tr:first-child > * { border-top: 0; }
th { font-weight: 500; padding-right: .75rem; width: 40%; }
td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
td small { display: block; color: #55606e; font-size: .8rem; line-height: 1.35; }
.changed td b { color: #0b5cad; }
@media print { body { background: #fff; } figure { break-inside: avoid; } .columns { display: block; } section { margin-top: 1rem; } }
"""


def contact_sheet(
    cards: Sequence[str], facts: Mapping[str, Any], settings: PhantomSettings, *, count: int, again: str
) -> str:
    """A page that shows a data set of phantoms: pictures with and without labels, and what every setting means.

    It needs nothing else: pictures are inside, no script, no link to elsewhere.

    Args:
        cards: from `picture_card`, which escapes; as many as are to be shown.
        facts: name -> value, shown above the pictures.
        settings: of the phantoms.
        count: how many phantoms there are.
        again: the command that makes the same ones.
    """
    colours = "".join(f".s{i} {{ --colour: {_colour(i)}; }}\n" for i in range(1, len(SEGMENTS) + 1))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Synthetic coronary angiograms</title><style>{_STYLE}{colours}</style></head>\n<body><main>\n"
        f"{_head(len(cards), facts, count, again)}"
        f'<div class="columns"><div class="sheet">\n{chr(10).join(cards)}\n</div>\n{_table(settings)}</div>\n'
        "</main></body></html>\n"
    )


def _colour(number: int) -> str:
    """Neighbours in number are far apart in hue: steps of the golden angle."""
    return f"hsl({number * 137.508 % 360:.0f} 85% 68%)"


def _head(shown: int, facts: Mapping[str, Any], count: int, again: str) -> str:
    items = "".join(
        f"<div><dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts.items()
    )
    which = f"The first {shown} of {count}" if shown < count else f"All {count}"
    return (
        f"<h1>Synthetic coronary angiograms</h1>\n<dl>{items}</dl>\n"
        f'<p class="note">{which}, without and with labels. Segments have their SYNTAX names; filled ones are those that the view '
        "is taken for, which experts would outline. A yellow frame is a stenosis: its segment and how much of the diameter is lost. "
        'What the <a href="#settings">settings</a> mean stands after the pictures.</p>\n'
        f'<p class="note">The same again: <code>{escape(again)}</code></p>\n'
    )


def _table(settings: PhantomSettings) -> str:
    usual, meaning = PhantomSettings().to_dict(), PhantomSettings.describe()
    rows = "".join(_row(name, value, usual[name], meaning[name]) for name, value in settings.to_dict().items())
    note = '<p class="note">A pair is a range that each angiogram draws from; blue was changed.</p>'
    return f'<section id="settings"><h2>Settings</h2>{note}<table><tbody>{rows}</tbody></table></section>\n'


def _row(name: str, value: Any, usual: Any, meaning: str) -> str:
    changed = value != usual
    hint = f"{meaning}; {_shown(usual)} unless told" if changed else meaning
    heading = escape(name).replace("_", "_<wbr>")  # where a long name may break
    start = "<tr class=changed>" if changed else "<tr>"
    return f"{start}<th>{heading}</th><td><b>{escape(_shown(value))}</b><small>{escape(hint)}</small></td></tr>\n"


def _shown(value: Any) -> str:
    """A pair of numbers is a range; of a list, the items."""
    if not isinstance(value, list):
        return str(value)
    if any(isinstance(item, list) for item in value):
        return ", ".join("(" + ", ".join(map(str, item)) + ")" for item in value)
    return (", " if isinstance(value[0], str) else " to ").join(map(str, value))
