# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from monai_ext.data.progress_bar import progress_bar
from monai_ext.data.records.is_dicom import is_dicom
from monai_ext.results import CineResult

from .bundle_network import BundleNetwork, Found
from .command_error import CommandError
from .frame_choice import FrameChoice
from .predict_input import PredictInput, open_input
from .predict_output import PredictOutput
from .prediction_record import PredictionRecord
from .watched_folder import WatchedFolder

__all__ = ["PredictFiles"]

_SYSTEM_FAILED = 4  # exit code
_AT_FAULT = (ImportError, OSError, ValueError)
"""What files raise that cannot be read, and results that cannot be made of them."""


class _Job(NamedTuple):
    path: Path
    name: str
    """Of the results."""
    file: str
    """In the record."""


@dataclass(frozen=True, kw_only=True)
class PredictFiles:
    """Goes through files one after the other: read, find, write. One that cannot be used is left out; where the system fails, the work ends.

    Attributes:
        network: that finds.
        outputs: that are written for each file, as far as it can have them.
        record: of what is done.
        choice: of the frames.
        batch_size: frames that the network takes at a time.
        spacing: (row, column) in mm, in the place of what a file says of itself.
    """

    network: BundleNetwork
    outputs: Sequence[PredictOutput]
    record: PredictionRecord
    choice: FrameChoice
    batch_size: int
    spacing: tuple[float, float] | None = None

    def run(self, files: Mapping[Path, str], root: Path) -> None:
        """Does all files; those that the record knows as finished are passed over.

        Args:
            files: with the names of their results.
            root: folder that holds them.

        Raises:
            CommandError: if the system is at fault; its code is 4. What is finished stays, the file at work leaves nothing.
        """
        start, frames, folder = time.perf_counter(), 0, WatchedFolder(root)
        bar = progress_bar("predicting", 0, "frame")
        try:
            self._begin()
            for number, (path, name) in enumerate(files.items(), 1):
                bar.set_description(f"file {number} of {len(files)}", refresh=False)
                frames += self._do(_Job(path, name, path.relative_to(root).as_posix()), bar, folder)
        finally:
            bar.close()
            self._end(len(files), frames, time.perf_counter() - start)

    def _begin(self) -> None:
        """Makes the folder known as one of this prediction, before there are results in it."""
        try:
            self.record.write()
        except OSError as error:
            raise _no_room(self.record.out, error) from error

    def _do(self, job: _Job, bar: tqdm, folder: WatchedFolder) -> int:
        """Frames of the file that were done."""
        done = bar.n
        try:
            _check_name(job)
            targets = {output: output.path(self.record.out, job.name) for output in self._outputs_of(job.path)}
            stamp = self.record.stamp(job.path)
            if self.record.is_finished(job.file, stamp, list(targets.values())):
                return 0
            result = self._find(job, bar)
        except _AT_FAULT as error:
            folder.check(error)
            self.record.fail(job.file, str(error))
            bar.total = bar.n = done
            return 0
        except MemoryError as error:
            raise CommandError(
                f"the memory is too small for '{job.path}'; ask for fewer --frames.", _SYSTEM_FAILED
            ) from error
        if self._write(result, job, targets, folder):
            self._finish(result, job, stamp, list(targets.values()))
            return len(result.frames)
        return 0

    def _outputs_of(self, path: Path) -> Sequence[PredictOutput]:
        outputs = [output for output in self.outputs if not output.of_dicom or is_dicom(path)]
        if not any(output.format for output in outputs):  # the page alone was not asked for
            raise ValueError(f"'{path}' must be DICOM to have a result of that --format, it is not; ask for another.")
        return outputs

    def _find(self, job: _Job, bar: tqdm) -> CineResult:
        source = open_input(job.path, self.choice)
        bar.total += len(source.numbers)
        greys, parts = [], []
        for batch in source.batches(self.batch_size):
            parts.append(self.network.find(batch))
            greys.append(np.rint(batch * 255).astype(np.uint8))
            bar.update(len(batch))
        return self._result(job, source, np.concatenate(greys), Found.join(parts))

    def _result(self, job: _Job, source: PredictInput, frames: np.ndarray, found: Found) -> CineResult:
        spacing, origin = (self.spacing, "given") if self.spacing else (source.spacing, source.spacing_origin)
        return CineResult(
            source=job.path,
            name=job.name,
            algorithm=self.network.algorithm,
            frames=frames,
            numbers=source.numbers,
            class_names=() if found.masks is None else self.network.class_names,
            **found._asdict(),
            lesions=self.network.link(source.numbers, found),
            spacing=spacing,
            spacing_origin=origin,
            frame_time=source.frame_time,
        )

    def _write(
        self, result: CineResult, job: _Job, targets: Mapping[PredictOutput, Path], folder: WatchedFolder
    ) -> bool:
        """Whether all is written; else nothing is left."""
        begun: list[tuple[PredictOutput, Path]] = []
        try:
            for output, path in targets.items():
                begun.append((output, path))
                output.write(result, path)
            return True
        except BaseException as error:
            with contextlib.suppress(OSError):
                for output, path in begun:
                    output.remove(path)
            if not isinstance(error, _AT_FAULT):
                raise
            folder.check(error)  # DICOM results are made of the source once more
            if isinstance(error, OSError):
                raise _no_room(begun[-1][1], error) from error
            self.record.fail(job.file, str(error))
            return False

    def _finish(self, result: CineResult, job: _Job, stamp: Sequence[int], results: Sequence[Path]) -> None:
        try:
            self.record.finish(job.file, stamp, results, len(result.frames))
        except OSError as error:
            raise _no_room(self.record.path, error) from error

    def _end(self, files: int, frames: int, seconds: float) -> None:
        """Writes the record, which must not hide why the work ended."""
        network = self.network.seconds
        speed = {"files": files, "frames": frames, "seconds": round(seconds, 2), "network_seconds": round(network, 2)}
        if frames:
            rates = {"frames_per_second": frames / seconds, "network_frames_per_second": frames / network}
            speed |= {name: round(rate, 2) for name, rate in rates.items()}
        with contextlib.suppress(OSError):
            self.record.write(speed)


def _check_name(job: _Job) -> None:
    try:
        job.file.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"'{job.file}' must have a name in UTF-8, it has not; rename it.") from error


def _no_room(path: Path, error: OSError) -> CommandError:
    return CommandError(
        f"'{path}' cannot be written ({error.strerror or error}). {WatchedFolder.again}", _SYSTEM_FAILED
    )
