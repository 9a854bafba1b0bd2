# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import monai_ext
from monai_ext.ops import atomic_file, json_rows

from .command_error import CommandError

__all__ = ["PredictionRecord"]

_NAME = "predictions.json"
_OURS = {_NAME, f"{_NAME}.tmp", ".lock"}
_EVERY = 5.0  # seconds between two writes; what a kill takes with it is done again


class PredictionRecord:
    """`OUT/predictions.json`: what was asked, which files are finished, which could not be used and why, and how fast it went.

    It is how the same command, given again, knows what is left to do. A finished file counts as such as long as its source has the same size and time, and all its
    results are there.

    Args:
        out: the folder of results; need not exist.
        settings: what must be the same for results to belong together, JSON values by name.

    Attributes:
        failures: reasons by file.
        speed: of the last run, for people.

    Raises:
        CommandError: if the folder holds something else, or results of other settings.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any]) -> None:
        self.out, self.settings = out, dict(settings)
        self.failures: dict[str, str] = {}
        self._files = self._read()
        self.speed: dict[str, Any] = {}
        self._written = -_EVERY

    def __len__(self) -> int:
        """Finished files."""
        return len(self._files)

    @property
    def frames(self) -> int:
        """Of all finished files."""
        return sum(entry["frames"] for entry in self._files.values())

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.out / _NAME

    @property
    def results(self) -> list[Path]:
        """All files and folders that belong to finished files."""
        return [self.out / result for entry in self._files.values() for result in entry["results"]]

    @staticmethod
    def stamp(source: Path) -> list[int]:
        """Tells a file from a later one of the same name: its size and time.

        Raises:
            OSError: if there is none.
        """
        facts = source.stat()
        return [facts.st_size, facts.st_mtime_ns]

    def is_finished(self, file: str, stamp: Sequence[int], results: Sequence[Path]) -> bool:
        """Whether nothing is left to do for a file.

        Args:
            file: its name in the record.
            stamp: of the file, see `stamp`.
            results: that are wanted.
        """
        entry = self._files.get(file)
        return entry is not None and entry["stamp"] == list(stamp) and all(path.exists() for path in results)

    def finish(self, file: str, stamp: Sequence[int], results: Sequence[Path], frames: int) -> None:
        """Notes that a file is done; writes the record if it has not been written for some seconds.

        Args:
            file: its name in the record.
            stamp: that it had before it was read.
            results: that it has.
            frames: of them.

        Raises:
            OSError: if the record cannot be written.
        """
        old = self._files.get(file, {"results": []})["results"]
        names = [path.relative_to(self.out).as_posix() for path in results]
        kept = [name for name in old if name not in names and (self.out / name).exists()]
        self._files[file] = {"file": file, "frames": frames, "stamp": list(stamp), "results": names + kept}
        if time.monotonic() - self._written > _EVERY:
            self.write()

    def fail(self, file: str, reason: str) -> None:
        """Notes that a file cannot be used."""
        self._files.pop(file, None)
        self.failures[_utf8(file)] = _utf8(reason)

    def write(self, speed: Mapping[str, Any] | None = None) -> None:
        """Writes the file.

        Args:
            speed: of the run; None leaves that of before.

        Raises:
            OSError: if it cannot be written.
        """
        self.speed = dict(speed or self.speed)
        content = {
            "made_by": f"vasomim predict {monai_ext.__version__}",
            "settings": self.settings,
            "last_run": self.speed,
            "failures": [{"file": file, "reason": reason} for file, reason in self.failures.items()],
            "files": list(self._files.values()),
        }
        with atomic_file(self.path) as temporary:
            temporary.write_text(json_rows(content), encoding="utf-8")
        self._written = time.monotonic()

    def remove(self) -> None:
        """Takes the file away, where nothing came out."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            there = {entry.name for entry in os.scandir(self.out)} - _OURS
            if not self.path.exists():
                before, files = {} if there else self.settings, {}
            else:
                content = json.loads(self.path.read_text(encoding="utf-8"))
                before, files = dict(content["settings"]), {entry["file"]: entry for entry in content["files"]}
        except FileNotFoundError:
            return {}
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise CommandError(
                f"--out must be a folder that can be read, got '{self.out}' ({error}); name another."
            ) from error
        if not before:
            raise CommandError(
                f"--out must be a new folder or one of the same prediction, got '{self.out}'; name another."
            )
        self._compare(before)
        return files

    def _compare(self, before: Mapping[str, Any]) -> None:
        for name, value in self.settings.items():
            if before.get(name) != value:
                raise CommandError(
                    f"--out must be a new folder or one of the same prediction, '{self.out}' was made with {name} {before.get(name)}, "
                    f"not {value}; name another."
                )


def _utf8(text: str) -> str:
    """Names of files may hold bytes that are none; JSON may not."""
    return text.encode("utf-8", "backslashreplace").decode()
