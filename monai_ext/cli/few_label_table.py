# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Sequence

from .few_label_result import FewLabelResult
from .few_label_summary import FewLabelSummary

__all__ = ["few_label_table"]

_MEASURES = {"dice": "Dice", "cldice": "clDice"}
_BASE = "none"


def few_label_table(
    results: Sequence[FewLabelResult], *, title: str, typed: Iterable[str], unfinished: Sequence[str] = ()
) -> str:
    """Markdown: Dice and clDice by starting weights and number of labelled images.

    Means ± sample standard deviations over seeds, and the mean difference to `none` over the seeds that both have.

    Args:
        results: of finished cells.
        title: heading.
        typed: the commands that made it.
        unfinished: names of cells that the means lack.

    Returns:
        Text with a line break at its end.
    """
    parts = [f"# {title}", "\n".join(["```", *typed, "```"])]
    if results:
        parts += [_table(results, measure) for measure in _MEASURES]
        parts.append(_note(results))
    if unfinished:
        total = len(results) + len(unfinished)
        parts.append(
            f"Not finished, and left out of the means: {len(unfinished)} of {total} trainings ({', '.join(unfinished)})."
        )
    return "\n\n".join(parts) + "\n"


def _table(results: Sequence[FewLabelResult], measure: str) -> str:
    cells, seeds = FewLabelSummary.of(results, measure), len(_seeds(results))
    fractions = sorted({result.fraction for result in results})
    lines = [[_MEASURES[measure], *(_heading(results, fraction) for fraction in fractions)]]
    lines.append(["---"] * len(lines[0]))
    for weights in _names(results):
        lines.append([weights, *(_cell(cells, weights, fraction, seeds) for fraction in fractions)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _heading(results: Sequence[FewLabelResult], fraction: float) -> str:
    images = [result.images for result in results if result.fraction == fraction]
    count = f"{min(images)}" if min(images) == max(images) else f"{min(images)} to {max(images)}"
    return f"{count} image{'s' * (count != '1')} ({fraction * 100:g} %)"


def _cell(cells: dict[tuple[str, float], FewLabelSummary], weights: str, fraction: float, seeds: int) -> str:
    summary, base = cells.get((weights, fraction)), cells.get((_BASE, fraction))
    if summary is None:
        return "–"
    text = f"{summary.mean:.3f}" + (f" ± {summary.std:.3f}" if summary.std is not None else "")
    if base and weights != _BASE and (difference := summary.above(base)) is not None:
        text += f" ({difference:+.3f})"
    count = len(summary.by_seed)
    return text if count == seeds else f"{text}, {count} seed{'s' * (count > 1)}"


def _note(results: Sequence[FewLabelResult]) -> str:
    seeds = _seeds(results)
    several = f"Mean ± standard deviation over the seeds {', '.join(map(str, seeds))}"
    note = several if len(seeds) > 1 else f"Seed {seeds[0]}"
    if _BASE in _names(results) and len(_names(results)) > 1:
        note += f"; in brackets the difference to `{_BASE}` with the same labels"
    return f"{note}."


def _names(results: Sequence[FewLabelResult]) -> list[str]:
    return list(dict.fromkeys(result.weights for result in results))


def _seeds(results: Sequence[FewLabelResult]) -> list[int]:
    return sorted({result.seed for result in results})
