# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from monai_ext.results import CineResult

from .command_error import CommandError

__all__ = ["OUTPUTS", "PredictOutput", "chosen_outputs"]


@dataclass(frozen=True)
class PredictOutput:
    """One file, or folder, that `vasomim predict` writes for each file that it reads.

    Attributes:
        format: by which it is asked for.
        ending: that follows the name of the result.
        writer: part of the package and name of the function.
        needs: modules of other packages.
        extra: of this package that brings them.
        of_masks: a result without masks has none.
        of_dicom: only a DICOM file has one.
    """

    format: str
    ending: str
    writer: str
    needs: tuple[str, ...] = ()
    extra: str = ""
    of_masks: bool = False
    of_dicom: bool = False

    def path(self, out: Path, name: str) -> Path:
        """Where it lies, of a result of that name."""
        return out / f"{name}{self.ending}"

    def write(self, result: CineResult, path: Path) -> None:
        """Writes it, whole or not at all."""
        self._function()(result, path)

    def remove(self, path: Path) -> None:
        """Takes it away, if it is there."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def check(self) -> None:
        """Refuses a format whose packages are not installed.

        Raises:
            CommandError: if one is missing.
        """
        if missing := [name for name in self.needs if find_spec(name) is None]:
            raise CommandError(
                f"--format {self.format} needs {missing[0]}, which is not installed; pip install 'monai_ext[{self.extra}]'."
            )

    def _function(self) -> Callable[[CineResult, Path], None]:
        part, name = self.writer.split(".")
        return getattr(import_module(f"monai_ext.{part}"), name)


_DICOM = {"needs": ("pydicom",), "extra": "dicom", "of_dicom": True}
_VIEWER = PredictOutput("", ".html", "results.write_viewer")
OUTPUTS = (
    PredictOutput("png", ".masks", "results.write_masks", of_masks=True),
    PredictOutput("png", ".overlays", "results.write_overlays"),
    PredictOutput("json", ".json", "results.write_findings"),
    PredictOutput("csv", ".csv", "results.write_measurements"),
    PredictOutput("nii", ".nii.gz", "results.write_nifti", ("nibabel",), "nifti", of_masks=True),
    PredictOutput("seg", ".seg.dcm", "dicom.write_segmentation", **_DICOM, of_masks=True),
    PredictOutput("sr", ".sr.dcm", "dicom.write_structured_report", **{**_DICOM, "needs": ("pydicom", "highdicom")}),
    PredictOutput("gsps", ".gsps.dcm", "dicom.write_presentation_state", **_DICOM),
    PredictOutput("sc", ".sc.dcm", "dicom.write_secondary_capture", **_DICOM),
    PredictOutput("mp4", ".mp4", "results.write_video", ("av",), "video"),
)


def chosen_outputs(formats: str, *, viewer: bool) -> Sequence[PredictOutput]:
    """What is written for `--format`.

    Args:
        formats: names separated by commas, such as `png,json`; none is possible where there is a viewer.
        viewer: the HTML page as well.

    Raises:
        CommandError: if one is unknown, its packages are not installed, or nothing would be written.
    """
    known = dict.fromkeys(output.format for output in OUTPUTS)
    wanted = {name.strip().lower() for name in formats.split(",") if name.strip()}
    if unknown := sorted(wanted - set(known)):
        raise CommandError(f"--format must be some of {','.join(known)}, got '{unknown[0]}'.")
    chosen = [output for output in OUTPUTS if output.format in wanted] + [_VIEWER] * viewer
    if not chosen:
        raise CommandError(f"--format must name at least one of {','.join(known)} with --no-viewer, got none.")
    for output in chosen:
        output.check()
    return chosen
