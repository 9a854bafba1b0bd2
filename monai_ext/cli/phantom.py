# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm import tqdm

import monai_ext
from monai_ext.data.parallel_map import parallel_map
from monai_ext.ops import atomic_file
from monai_ext.phantom import (
    PHANTOM_VERSION,
    ArcadeWriter,
    CineWriter,
    DicomWriter,
    FolderWriter,
    PhantomSettings,
    contact_sheet,
)

from .command_error import CommandError
from .new_folder import new_folder
from .phantom_work import PhantomWork
from .readable_json import readable_json

__all__ = ["add_phantom"]

_PICTURES = 48  # in the contact sheet
_OVER_SETTINGS = ("size", "bits", "frames")
_DESCRIPTION = """\
Draw synthetic coronary angiograms with their exact labels, and write them as a data set.

The same command gives the same bytes, with any number of processes. The folder appears whole, or not at all.
"""
_EPILOG = """\
formats
  folder   images/NNNNN.png (16-bit PNG for more than 8 bits), and of each in the same way vessels/ (named segments, 0 and 255),
           tree/ (with side branches), catheter/, segments/ (ids 1 to 25 as in ARCADE); labels/NNNNN.json: centrelines, stenoses,
           angles, distances, pixel spacing
  arcade   the layout of the ARCADE data set: syntax/SPLIT/ and stenosis/SPLIT/ with images/N.png and annotations/SPLIT.json (COCO)
  dicom    NNNNN.dcm, XA Image Storage, and the labels of `folder` beside; needs pip install 'monai_ext[dicom]'
  cine     NNNNN.dcm, multi-frame, and the labels of each frame: vessels/NNNNN/FFF.png, ..., labels/NNNNN/FFF.json
  All write settings.json (what was asked, and every setting) and index.html (pictures with labels; what every setting means).

examples
  vasomim phantom --count 16 --out look                      look at some: open look/index.html
  vasomim phantom --count 1000 --format arcade --split train --out arcade_like
  vasomim phantom --count 200 --seed 1 --format arcade --split val --out arcade_like_val
  vasomim phantom --count 2 --format cine --bits 12 --out cines
  vasomim phantom --describe                                 what can be set
  vasomim phantom --print-settings > mine.json               a file to change, then:
  vasomim phantom --settings mine.json --out mine            (a settings.json of an earlier data set does as well)
"""


def add_phantom(commands: _SubParsersAction) -> None:
    """Adds `vasomim phantom`, which draws synthetic angiograms."""
    parser = commands.add_parser(
        "phantom",
        help="draw synthetic coronary angiograms with exact labels",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    usual = PhantomSettings()
    what = parser.add_argument_group("what to draw")
    what.add_argument("--count", type=int, default=16, metavar="N", help="how many angiograms or cines (16)")
    what.add_argument("--seed", type=int, default=0, metavar="S", help="another seed gives other patients (0)")
    what.add_argument(
        "--first", type=int, default=0, metavar="INDEX", help="index of the first, to go on where another ended (0)"
    )
    what.add_argument("--size", type=int, metavar="PX", help=f"rows and columns ({usual.size})")
    what.add_argument("--bits", type=int, metavar="B", help=f"bits stored in a pixel, 8 to 16 ({usual.bits})")
    what.add_argument("--frames", type=int, metavar="F", help=f"frames of a cine ({usual.frames})")
    what.add_argument("--settings", metavar="FILE", help="JSON of settings; options given here win over it")
    where = parser.add_argument_group("how to write it")
    where.add_argument("--out", metavar="DIR", help="a new or empty folder; required")
    where.add_argument(
        "--format", choices=("folder", "arcade", "dicom", "cine"), default="folder", help="see below (folder)"
    )
    where.add_argument("--split", choices=("train", "val", "test"), help="arcade: name of the split's folder (train)")
    where.add_argument(
        "--labels",
        choices=("judged", "all"),
        help="arcade: outline the segments that experts would judge in the view, or all in sight (judged)",
    )
    where.add_argument("--processes", type=int, metavar="P", help="that draw (one a core, fewer for few)")
    show = parser.add_argument_group("about the settings").add_mutually_exclusive_group()
    show.add_argument("--print-settings", action="store_true", help="print all as JSON for --settings, and end")
    show.add_argument("--describe", action="store_true", help="print all with what they mean, and end")
    parser.set_defaults(run=_run, stopped="stopped; nothing was written.")


def _run(options: Namespace) -> None:
    settings = _settings(options)
    if options.print_settings:
        print(readable_json(settings.to_dict()))
    elif options.describe:
        print(_described(settings))
    else:
        _check(options)
        writer = _writer(options, settings)
        with new_folder(options.out) as folder:
            _fill(folder, options, settings, writer)
        print(f"{options.count} in '{options.out}'; open '{Path(options.out, 'index.html')}' to look at them.")


def _settings(options: Namespace) -> PhantomSettings:
    """From the file, with the options over it."""
    changes = {name: getattr(options, name) for name in _OVER_SETTINGS if getattr(options, name) is not None}
    given = _read(options.settings) if options.settings else {}
    try:
        return PhantomSettings.read(given, **changes)
    except (TypeError, ValueError) as error:
        raise CommandError(str(error)) from error


def _read(file: str) -> dict[str, Any]:
    """Settings alone, or with what a data set's own file says around them."""
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        return dict(content.get("settings", content))
    except (AttributeError, OSError, TypeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(
            f"--settings must be a JSON file as --print-settings prints it, got '{file}' ({reason})."
        ) from error


def _described(settings: PhantomSettings) -> str:
    values = {name: json.dumps(value) for name, value in settings.to_dict().items()}
    name_width, value_width = (max(map(len, column)) for column in (values, values.values()))
    meaning = PhantomSettings.describe()
    return "\n".join(f"{name:{name_width}}  {value:{value_width}}  {meaning[name]}" for name, value in values.items())


def _check(options: Namespace) -> None:
    if not options.out:
        raise CommandError("--out must name a new folder, got none; add --out DIR.")
    for name, least in (("count", 1), ("first", 0), ("seed", 0), ("processes", 1)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise CommandError(f"--{name} must be at least {least}, got {value}.")
    for name, owner in (("split", "arcade"), ("labels", "arcade"), ("frames", "cine")):
        if getattr(options, name) is not None and options.format != owner:
            raise CommandError(f"--{name} must go with --format {owner}, got {options.format}; leave it out.")


def _writer(options: Namespace, settings: PhantomSettings) -> ArcadeWriter | CineWriter | DicomWriter | FolderWriter:
    try:
        if options.format == "arcade":
            split, judged_only = options.split or "train", options.labels != "all"
            return ArcadeWriter(settings, options.seed, split=split, judged_only=judged_only)
        if options.format == "folder":
            return FolderWriter()
        return (CineWriter if options.format == "cine" else DicomWriter)(settings, options.seed)
    except (ImportError, ValueError) as error:
        raise CommandError(str(error)) from error


def _fill(folder: Path, options: Namespace, settings: PhantomSettings, writer: Any) -> None:
    indices = range(options.first, options.first + options.count)
    cine = options.format == "cine"
    work = PhantomWork(folder, writer, settings, options.seed, cine, indices[:_PICTURES])
    amount = options.count * (settings.frames if cine else 1)
    results = parallel_map(work, indices, count=amount, processes=options.processes)
    try:
        with closing(results):  # workers end before the folder is removed
            records, cards = zip(*tqdm(results, "drawing", options.count, unit="phantom", disable=None), strict=True)
    except BrokenProcessPool as error:
        raise CommandError("a process was killed, most likely for want of memory; try fewer --processes.") from error
    writer.finish(folder, records)
    _describe_data(folder, options, settings, [card for card in cards if card])


def _describe_data(folder: Path, options: Namespace, settings: PhantomSettings, cards: list[str]) -> None:
    """Writes `settings.json` and `index.html`."""
    asked = {name: getattr(options, name) for name in ("format", "count", "seed", "first")}
    if options.format == "arcade":
        asked |= {"split": options.split or "train", "labels": options.labels or "judged"}
    again = " ".join(f"--{name} {value}" for name, value in asked.items())
    versions = {"monai_ext": monai_ext.__version__, "phantom_version": PHANTOM_VERSION}
    page = contact_sheet(
        cards,
        asked | {"size": f"{settings.size} × {settings.size}, {settings.bits} bits"} | versions,
        settings,
        count=options.count,
        again=f"vasomim phantom --settings settings.json {again} --out NEW",
    )
    with atomic_file(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    with atomic_file(folder / "settings.json") as temporary:
        temporary.write_text(
            readable_json(asked | versions | {"settings": settings.to_dict()}) + "\n", encoding="utf-8"
        )
