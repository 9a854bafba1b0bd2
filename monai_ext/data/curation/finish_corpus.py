# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai_ext.ops import atomic_file

from ..frame_dataset import FrameDataset
from ..write_corpus import write_corpus
from .build_shard import BuildShard, ShardPlan
from .contact_sheets import contact_sheets
from .curation_options import CurationOptions
from .curation_report import curation_report
from .frame_table import FrameTable
from .list_sources import Source
from .pseudonyms import Pseudonyms
from .verdict import Verdict
from .write_manifest import write_manifest

__all__ = ["finish_corpus", "grey_statistics"]


def finish_corpus(
    folder: Path,
    table: FrameTable,
    evaluation: FrameTable,
    sources: Sequence[Source],
    pseudonyms: Pseudonyms,
    options: CurationOptions,
    facts: Mapping[str, Any],
) -> None:
    """Adds manifest, names, facts and report to a folder of finished shards.

    Args:
        folder: of the corpus, with its shards.
        table: of the frames.
        evaluation: images that are kept for evaluation.
        sources: of the frames, and the evaluation images as the last.
        pseudonyms: for files and patients.
        options: of the curation.
        facts: more to keep in `corpus.json`; with `grey`, mean and standard deviation, and `shard_frames`.
    """
    names = write_manifest(folder / "manifest.csv", table, evaluation, pseudonyms)
    nothing = dict.fromkeys(Verdict, 0)
    known = table.counts()
    counts = {source.name: _titled(known.get(source.name, nothing)) for source in sources[:-1]}
    totals = {title: sum(row[title] for row in counts.values()) for title in next(iter(counts.values()))}
    dropped = {title: count for title, count in totals.items() if count and title != Verdict.KEPT.title}
    write_corpus(
        folder,
        names,
        size=options.size,
        kind="angiograms",
        summary=dropped,
        options=options.to_dict(),
        sources=counts,
        left_out={source.name: source.left_out for source in sources},
        **facts,
    )
    page = curation_report(
        counts,
        {verdict.title: verdict.meaning for verdict in Verdict},
        _facts(table, evaluation, options, facts),
        contact_sheets(table, evaluation, FrameDataset(folder)),
        notes=_notes(table, evaluation, sources),
    )
    with atomic_file(folder / "report.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def grey_statistics(build: BuildShard, plans: Sequence[ShardPlan]) -> dict[str, float]:
    """Mean and standard deviation of the grey values, in [0, 1], of all frames of a corpus, before large ones are reduced."""
    pixels, total, squares = map(sum, zip(*(build.sums(plan) for plan in plans), strict=True))
    mean = total / pixels
    deviation = math.sqrt(max(squares / pixels - mean**2, 0))
    return {"mean": round(mean / 255, 4), "std": round(deviation / 255, 4)}


def _titled(row: Mapping[Verdict, int]) -> dict[str, int]:
    return {verdict.title: count for verdict, count in row.items()}


def _facts(
    table: FrameTable, evaluation: FrameTable, options: CurationOptions, facts: Mapping[str, Any]
) -> dict[str, Any]:
    patients = {(known.file.kind, known.file.patient) for known in table.files if known.file.patient}
    grey = facts["grey"]
    return {
        "frames in the corpus": len(table.kept()),
        "frames looked at": len(table.rows),
        "files": len(table.files),
        "patients known": len(patients),
        "evaluation images to keep out": len(evaluation.kept()),
        "size": f"{options.size} x {options.size} px",
        "grey values": f"mean {grey['mean']:.3f}, deviation {grey['std']:.3f} (of 0 to 1)",
        "near-duplicates": f"up to {options.near} of 256 bits differ; from an evaluation image up to {options.exclude_near}",
        "vessel maps": options.method,
    }


def _notes(table: FrameTable, evaluation: FrameTable, sources: Sequence[Source]) -> list[str]:
    notes = []
    if marked := int(table.rows["text"][table.kept()].sum()):
        notes.append(
            f"{marked:,} kept frames may hold burned-in text (column text of the manifest): look at them before the corpus leaves "
            "your house, or curate with --text drop."
        )
    if broken := sum(bool(known.error) for known in table.files):
        notes.append(
            f"{broken:,} files cannot be read, or not as a whole; the table of files beside the corpus names them with the reasons."
        )
    if unseen := len(evaluation.rows) - len(evaluation.kept()):
        notes.append(
            f"{unseen:,} evaluation images cannot be read or are empty: what equals them could not be kept out."
        )
    if faults := sum(len(source.faults) for source in sources):
        notes.append(f"{faults:,} labels, tables or folders of the sources are broken; the same table names them.")
    for source in sources:
        notes += _left_out(source)
    return notes


def _left_out(source: Source) -> list[str]:
    """A line for each loss of images; one for all other files."""
    images = {
        reason: count for reason, count in source.left_out.items() if re.search("image|frame|video|DICOM", reason)
    }
    others = sum(source.left_out.values()) - sum(images.values())
    lines = [f"{source.name}: {count:,} left out: {reason}." for reason, count in images.items()]
    return lines + ([f"{source.name}: {others:,} other files left out."] if others else [])
