# SPDX-License-Identifier: Apache-2.0
"""Work for `run_jobs` that kills its process, as a broken file may kill a decoder."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class KillingWork:
    folder: Path
    deadly: frozenset[int] = frozenset()
    spared: frozenset[int] = frozenset()

    def __call__(self, job: int) -> None:
        mark = self.folder / f"{job}.at"
        mark.touch()
        if job in self.deadly - self.spared:
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / str(job)).write_text(f"{os.getpid()} {job in self.spared}")
        mark.unlink()

    def began(self, job: int) -> bool:
        return (self.folder / f"{job}.at").exists()

    def blame(self, job: int) -> KillingWork:
        return replace(self, spared=self.spared | {job})
