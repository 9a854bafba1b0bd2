# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..frame_dataset import FrameDataset
from ..progress_bar import progress_bar
from ..shard_writer import ShardWriter
from ..write_corpus import CORPUS_VERSION, SHARD_FRAMES, shard_file
from .build_shard import BuildShard, ShardPlan
from .curation_options import CurationOptions
from .decide import decide
from .file_table import write_file_table
from .finish_corpus import finish_corpus, grey_statistics
from .frame_table import FrameTable
from .list_sources import list_sources
from .part import Part, plan_parts
from .plan_shards import plan_shards
from .pseudonyms import Pseudonyms
from .run_jobs import Restartable, run_jobs
from .scan_part import ScanPart
from .verdict import Verdict
from .work_folder import work_folder, work_of

__all__ = ["curate"]

_SHARDS, _FEWEST = 32, 64  # so that a small corpus, too, is work for several processes


def curate(
    sources: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    exclude: Sequence[str | os.PathLike[str]] = (),
    options: CurationOptions | None = None,
    salt_file: str | os.PathLike[str] | None = None,
    shard_frames: int | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    progress: bool = True,
    tell: Callable[[str], object] = str,
) -> FrameDataset:
    """Makes one corpus of archives of angiograms: shards of frames and vessel maps, a manifest and a report.

    The way: list the sources; look at every frame (`ScanPart`); drop what an evaluation set holds and what repeats a kept frame (`decide`);
    write the shards (`BuildShard`). The corpus appears as a whole at the end. What is finished lies in `<out>.work` until then, so that the
    same call goes on after a kill at any moment; the result is the same to the byte, with any number of processes. Beside the corpus lies
    `<out>.files.csv`, for its owner's eyes only: which file a key stands for, and why a file cannot be read.

    Args:
        sources: folders, see `list_sources`.
        out: folder of the corpus, new.
        exclude: folders of images that are kept for evaluation: what nearly equals one of them stays out.
        options: what to keep, and how.
        salt_file: of the keys, see `Pseudonyms`.
        shard_frames: frames in a shard; an even share of 32 shards, 64 to 512, when left out.
        processes: that work, see `run_jobs`.
        scheduler: address of a Dask scheduler whose workers do the work instead; they see the same folders.
        progress: show bars.
        tell: called with a line about each folder, see `list_sources`.

    Returns:
        The corpus.

    Raises:
        FileNotFoundError: if a folder does not exist.
        ValueError: if there is something else at `out`, nothing is kept, or another run is at work there.
        RuntimeError: if a process was killed that no file can be blamed for.
        OSError: if the disk has no room or the scheduler does not answer.
    """
    out, options, pseudonyms = Path(out).resolve(), options or CurationOptions(), Pseudonyms(salt_file)
    wanted, held = list_sources(sources, exclude, tell)
    parts = [(source.name, part) for source in wanted for part in plan_parts(source.records, options.to_dict())]
    held_parts = [(held.name, part) for part in plan_parts(held.records, ["evaluation", options.to_dict()])]
    names = [(source, part.name) for source, part in parts + held_parts]
    recipe = _digest([CORPUS_VERSION, shard_frames, options.to_dict(), pseudonyms.file(Path()), names])
    _check_place(out, sources)
    if _is_made(out, recipe) and not work_of(out).exists():
        return FrameDataset(out)
    crew = _Crew(processes, scheduler, progress)
    with work_folder(out) as folder:
        if _is_made(out, recipe):  # by a run that was killed, or ended, in the meantime
            shutil.rmtree(folder)
            return FrameDataset(out)
        table, evaluation = crew.scan(folder / "scan", options, parts, held_parts)
        decide(table, evaluation, options, progress=progress)
        write_file_table(_file_table(out), [table, evaluation], [*wanted, held], pseudonyms)
        _demand_frames(table, out)
        facts = {"recipe": recipe, **crew.build(folder, table, options, shard_frames)}
        finish_corpus(folder / "corpus", table, evaluation, [*wanted, held], pseudonyms, options, facts)
        os.rename(folder / "corpus", out)
        shutil.rmtree(folder)
    return FrameDataset(out)


@dataclass(frozen=True)
class _Crew:
    """Who does the work."""

    processes: int | None
    scheduler: str | None
    progress: bool

    def scan(
        self, folder: Path, options: CurationOptions, parts: list[tuple[str, Part]], held: list[tuple[str, Part]]
    ) -> tuple[FrameTable, FrameTable]:
        """What there is in the sources, and among the evaluation images."""
        tables = []
        for title, judge, some in (("looking at frames", True, parts), ("looking at evaluation images", False, held)):
            work = ScanPart(folder, options, judge)
            self._do(title, work, [part for _, part in some])
            tables.append(FrameTable.read(work, some))
        return tables[0], tables[1]

    def build(
        self, folder: Path, table: FrameTable, options: CurationOptions, shard_frames: int | None
    ) -> dict[str, Any]:
        """Writes the shards of the kept frames; what is to be told of them."""
        shard_frames = shard_frames or min(SHARD_FRAMES, max(_FEWEST, len(table.kept()) // _SHARDS))
        plans = plan_shards(table, shard_frames, [CORPUS_VERSION, options.to_dict()])
        work = BuildShard(folder / "shards", options.size, options.method)
        _demand_room(folder, sum(plan.frames for plan in plans if not work.is_done(plan)), options.size)
        self._do("writing shards", work, plans)
        _gather([work.shard(plan) for plan in plans], folder / "corpus")
        return {"shard_frames": shard_frames, "grey": grey_statistics(work, plans)}

    def _do(self, title: str, work: Restartable, jobs: Sequence[Part | ShardPlan]) -> None:
        waiting = [job for job in jobs if not work.is_done(job)]
        total, left = (sum(job.frames for job in some) for some in (jobs, waiting))
        results = run_jobs(work, waiting, amount=left, processes=self.processes, scheduler=self.scheduler)
        bar = progress_bar(title, total, "frame", done=total - left, show=self.progress and total > 0)
        with bar, closing(results):
            for job in results:
                bar.update(job.frames)


def _digest(content: list) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


def _file_table(out: Path) -> Path:
    return out.with_name(f"{out.name}.files.csv")


def _check_place(out: Path, sources: Sequence[str | os.PathLike[str]]) -> None:
    if os.path.ismount(out):
        raise ValueError(f"out must not be where a disk is mounted, got '{out}'; name a folder below it.")
    for source in sources:
        folder = Path(source if Path(source).exists() else str(source).partition("=")[2]).resolve()
        if out.is_relative_to(folder):
            raise ValueError(f"out must not lie in a source, got '{out}' in '{folder}'; name a folder elsewhere.")


def _is_made(out: Path, recipe: str) -> bool:
    """Whether the very corpus is there; what else is there must not be overwritten."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        content = json.loads((out / "corpus.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = {}
    if content.get("recipe") != recipe:
        what = "a corpus of other sources or options" if "recipe" in content else "something else"
        raise ValueError(f"out must be a new or empty folder, got '{out}', which holds {what}; name another.")
    return True


def _demand_frames(table: FrameTable, out: Path) -> None:
    if not len(table.rows):
        raise ValueError("at least one image must lie outside of the excluded folders, got none; check --exclude.")
    if not len(table.kept()):
        totals = Counter(Verdict(verdict).title for verdict in table.rows["verdict"])
        reasons = ", ".join(f"{count} {title}" for title, count in totals.items())
        raise ValueError(
            f"at least one frame must be kept, got none of {len(table.rows)} ({reasons}); '{_file_table(out).name}' has the reasons of "
            "files that cannot be read."
        )


def _demand_room(folder: Path, frames: int, size: int) -> None:
    needed, free = frames * ShardWriter.dtype(size).itemsize, shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"'{folder.parent}' must have {needed / 1e9:.1f} GB free for the shards, got {free / 1e9:.1f} GB."
        )


def _gather(shards: Sequence[Path], corpus: Path) -> None:
    """Puts finished shards into a new folder, under their numbers; where there are hard links, a kill costs none of them."""
    shutil.rmtree(corpus, ignore_errors=True)
    for number, shard in enumerate(shards):
        target = shard_file(corpus, number)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(shard, target)
        except OSError:  # a file system without hard links
            os.replace(shard, target)
