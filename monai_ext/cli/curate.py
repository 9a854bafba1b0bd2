# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from argparse import Namespace, RawDescriptionHelpFormatter, _ArgumentGroup, _SubParsersAction
from dataclasses import fields
from pathlib import Path

from monai_ext.data import FrameDataset
from monai_ext.data.curation import CurationOptions, curate
from monai_ext.data.records import READERS

from .command_error import CommandError

__all__ = ["add_curate"]

_DESCRIPTION = """\
Turn archives of angiograms into one corpus for pre-training.

It finds out what each SOURCE is, decodes every frame, drops what is broken, empty, too small or without contrast, keeps out near-duplicates of
evaluation images, removes near-duplicates within and between the sources, computes vessel maps, and writes memory-mapped shards, a manifest with one
row a frame, and report.html. Stopped or killed at any moment, the same command goes on where it was and ends with the same bytes.
"""
_EPILOG = f"""\
sources
  A folder is looked into: {", ".join(READERS)}.
  A data set is known by its layout, whole or a part of it; KIND=FOLDER tells instead (dicom=/archive). What fits nothing is a folder of
  images; one that holds several data sets is refused: name each. OUT must lie outside of all. A data set's own val and test splits, and what
  nearly equals them, are kept out, unless the folder holds nothing else.

what it writes
  OUT/shards/NNNNN.npy   records of frame (uint8), vessels (bit-packed) and extent; np.load(file, mmap_mode="r")["frame"][17]
  OUT/manifest.csv       a row a frame: place in the corpus, source, keys of file and patient, verdict, near-duplicate of what, C-arm angles
  OUT/corpus.json        counts, options, mean and deviation of grey values
  OUT/report.html        counts, reasons, pictures: open it first
  OUT.files.csv          which file a key stands for and why a file cannot be read; for your eyes only, never part of the corpus
  OUT.work               what is finished so far; gone at the end

patients
  Names stay where they are: keys are hashes with a secret salt (~/.config/vasomim/salt, or --salt), of a DICOM header only angles, frame
  time, pixel spacing and bits are kept, and no log or report names a file. Burned-in text is looked for and flagged, not removed.

examples
  vasomim curate /data/arcade /data/xcad /archive/dicom --out corpus
  vasomim curate /data/cadica syntax=/data/more --exclude /data/my_test_set --out corpus
  vasomim curate /shared/archive --out /shared/corpus --scheduler tcp://head:8786     (dask scheduler; dask worker tcp://head:8786 --nthreads 1)
  python -m monai.bundle run --config_file configs/train.json --dataset_dir corpus    (in bundles/vasomim_pretrain)
"""


def add_curate(commands: _SubParsersAction) -> None:
    """Adds `vasomim curate`, which makes a corpus of archives."""
    parser = commands.add_parser(
        "curate",
        help="turn archives of angiograms into one corpus for pre-training",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="folder of a data set, of images or of DICOM files"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the corpus: a new or empty folder")
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="DIR",
        help="evaluation images: near-duplicates stay out; may be repeated",
    )
    _add_what(parser.add_argument_group("what to keep"))
    _add_how(parser.add_argument_group("how to work"))
    parser.set_defaults(run=_run, stopped="stopped; the same command goes on where it was.")


def _add_what(group: _ArgumentGroup) -> None:
    """Fields of `CurationOptions`."""
    usual = CurationOptions()
    for name, unit, text in (
        ("size", "PX", "longest side; larger frames are reduced, smaller ones padded"),
        ("near", "BITS", "drop frames within so many of 256 bits of a kept one; -1 keeps all"),
        ("exclude_near", "BITS", "the same of evaluation images"),
        ("min_side", "PX", "shortest side of a frame"),
    ):
        value = getattr(usual, name)
        group.add_argument(_option(name), type=int, default=value, metavar=unit, help=f"{text} ({value})")
    for option, name, choices, text in (
        (
            "--text",
            "text",
            ("flag", "drop"),
            "frames that seem to hold burned-in text: mark them in the manifest, or drop them",
        ),
        ("--vessels", "method", ("robust", "published"), "rule of the vessel maps"),
    ):
        value = getattr(usual, name)
        group.add_argument(option, dest=name, choices=choices, default=value, help=f"{text} ({value})")
    group.add_argument("--keep-all", action="store_true", help="keep frames without contrast")


def _add_how(group: _ArgumentGroup) -> None:
    for option, kind, unit, text in (
        ("--salt", str, "FILE", "secret of the keys, made if missing (~/.config/vasomim/salt)"),
        ("--shard-frames", int, "N", "frames in a shard (64 to 512, as many as there are)"),
        ("--processes", int, "P", "of this machine (one a core, fewer for little work)"),
        (
            "--scheduler",
            str,
            "ADDRESS",
            "Dask scheduler whose workers do the work; all see the same folders; pip install 'monai_ext[dask]'",
        ),
    ):
        group.add_argument(option, type=kind, metavar=unit, help=text)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _run(options: Namespace) -> None:
    for name in ("processes", "shard_frames"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise CommandError(f"{_option(name)} must be at least 1, got {value}.")
    try:
        corpus = _curate(options)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise CommandError(f"{error}") from error
    _tell(corpus, options.out)


def _curate(options: Namespace) -> FrameDataset:
    return curate(
        options.sources,
        options.out,
        exclude=options.exclude,
        options=CurationOptions(**{field.name: getattr(options, field.name) for field in fields(CurationOptions)}),
        salt_file=options.salt,
        shard_frames=options.shard_frames,
        processes=options.processes,
        scheduler=options.scheduler,
        tell=print,
    )


def _tell(corpus: FrameDataset, out: str) -> None:
    dropped = ", ".join(f"{count} {reason}" for reason, count in corpus.facts["summary"].items())
    print(f"{len(corpus)} frames in '{out}'{f'; dropped: {dropped}' if dropped else ''}.")
    print(
        f"Open '{Path(out, 'report.html')}' to look at them; '{Path(out)}.files.csv' tells which file is which, keep it to yourself."
    )
