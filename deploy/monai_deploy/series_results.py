# SPDX-License-Identifier: Apache-2.0
"""What the application does, without the SDK: from DICOM files of a study to DICOM results, by the code of `vasomim predict`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monai_ext.cli import main

__all__ = ["selected_files", "write_series_results"]

_SOME_FAILED = 3  # exit code of vasomim predict


def selected_files(studies: Iterable[Any]) -> list[Path]:
    """Files that a selection holds.

    Args:
        studies: `StudySelectedSeries` of the SDK, each with its selected series.

    Returns:
        One path an instance, as the SDK's loader read it; each once.
    """
    series = [chosen.series for study in studies for chosen in study.selected_series]
    instances = [instance.get_native_sop_instance() for one in series for instance in one.get_sop_instances()]
    return list(dict.fromkeys(Path(instance.filename) for instance in instances))


def write_series_results(
    files: Sequence[Path], bundle: Path, out: Path, *, formats: Sequence[str] = ("seg", "sr"), options: Sequence[str] = ()
) -> list[Path]:  # fmt: skip
    """Runs a bundle on DICOM files and writes what it finds as DICOM objects, nothing else.

    Args:
        files: X-ray angiograms, single frames or cines.
        bundle: folder or zip file of a bundle, trusted; its weights are in it, or among the options.
        out: folder of the results, `NNNN.seg.dcm` and so on, NNNN by the order of the files; made if missing.
        formats: of DICOM results: seg, sr, gsps, sc.
        options: more of `vasomim predict`, such as `("--weights", "mine.pt")`.

    Returns:
        The files that were written, sorted. Files that cannot be used have none; why is said on the error stream.

    Raises:
        ValueError: if there is no file.
        RuntimeError: if nothing could be done; why is said on the error stream.
    """
    if not files:
        raise ValueError("the study must have X-ray angiograms (XA), it has none; check the selection rules.")
    with TemporaryDirectory(prefix="vasomim_deploy_") as folder:
        inputs, found = Path(folder, "in"), Path(folder, "out")
        inputs.mkdir()
        for number, file in enumerate(files):
            (inputs / f"{number:04}.dcm").symlink_to(file.resolve())
        wanted = ("--format", ",".join(formats), "--no-viewer", *options)
        code = main(["predict", str(inputs), "--bundle", str(bundle), "--out", str(found), *wanted])
        if code not in (0, _SOME_FAILED):
            raise RuntimeError(f"vasomim predict must end well, got the exit code {code}; the reason stands above.")
        out.mkdir(parents=True, exist_ok=True)
        return sorted(Path(shutil.copy(path, out)) for path in found.rglob("*.dcm"))
