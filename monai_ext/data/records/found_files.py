# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ..find_images import EXTENSIONS
from ..walk_files import walk_files
from .fault import Fault
from .listing import Listing
from .natural_order import natural_order
from .record import Record

__all__ = ["IMAGE_EXTENSIONS", "FoundFiles"]

IMAGE_EXTENSIONS = (*EXTENSIONS, "pgm")
_OF_SYSTEMS = (".DS_Store", "Thumbs.db", "desktop.ini")


class FoundFiles:
    """The files below a folder, told apart, and a tally of what a reader makes of them.

    A reader goes through `images`, takes the label files that it knows, and ends with `listing`, which counts the rest.
    Nothing is decoded; a file reached by two links counts once.

    Args:
        folder: searched with its sub-folders.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.images: list[Path] = []
        """Not empty, absolute, in natural order."""
        self.left_out: Counter[str] = Counter()
        self.others: list[Path] = []
        """No images; what stays here counts as left out."""
        self._faults: list[Fault] = []
        for path in self._paths():
            self._sort_in(path)

    def take(self, fits: Callable[[Path], bool]) -> list[Path]:
        """Files that are no image and that the reader reads; they do not count as left out."""
        taken, rest = [], []
        for path in self.others:
            (taken if fits(path) else rest).append(path)
        self.others = rest
        return taken

    def blame(self, path: Path, reason: str, *, image: bool = False) -> None:
        """Reports something broken that is no reason to stop; `image`: an image of which there will be no record."""
        self._faults.append(Fault(path, reason, image))

    def listing(self, source: str, records: Iterable[Record]) -> Listing:
        """The result.

        Raises:
            ValueError: if there is no record.
        """
        records = tuple(sorted(records, key=lambda record: (natural_order(str(record.path)), record.frame)))
        self.left_out.update(map(_reason, self.others))
        left_out = dict(sorted(self.left_out.items()))
        if not records:
            other = [f"{count} {reason}" for reason, count in left_out.items()]
            other += [f"{len(self._faults)} broken, the first: {self._faults[0].reason}"] if self._faults else []
            raise ValueError(
                f"'{self.folder}' must hold images that can be read as '{source}', got none: {'; '.join(other) or 'it is empty'}."
            )
        return Listing(source, records, left_out, tuple(self._faults))

    def _paths(self) -> list[Path]:
        real: dict[str, str] = {}  # of folders: a file's own link may lead to a name that says nothing
        first: dict[str, Path] = {}
        for path in walk_files(self.folder, self._blame_folder):
            base = str(path.parent)
            real[base] = real.get(base) or os.path.realpath(base)
            first.setdefault(os.path.join(real[base], path.name), path)
        return sorted(first.values(), key=lambda path: natural_order(str(path)))

    def _blame_folder(self, error: OSError) -> None:
        self.blame(Path(error.filename), f"the folder cannot be read ({error.strerror})")

    def _sort_in(self, path: Path) -> None:
        if path.name.startswith(".") or path.suffix[1:].lower() not in IMAGE_EXTENSIONS:
            self.others.append(path)
            return
        try:
            size = path.stat().st_size
        except OSError as error:
            self.blame(path, f"the image cannot be read ({error.strerror})", image=True)
            return
        if size:
            self.images.append(path)
        else:
            self.blame(path, "the image is an empty file", image=True)


def _reason(path: Path) -> str:
    if path.name in _OF_SYSTEMS:
        return f"{path.name} files"
    if path.name.startswith("."):
        return "hidden files"
    return f"{path.suffix.lower()} files" if path.suffix else "files without extension"
