# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from monai_ext.data.list_angiograms import list_angiograms
from monai_ext.data.read_nifti import NIFTI_ENDINGS
from monai_ext.data.records.is_dicom import is_dicom

from .command_error import CommandError
from .predict_options import PredictOptions

__all__ = ["PredictSources", "predict_sources"]

_RESERVED = "predictions"  # OUT/predictions.json is the record


@dataclass(frozen=True)
class PredictSources:
    """Files to predict on.

    Attributes:
        files: with the names of their results, in natural order.
        root: folder that holds them.
    """

    files: Mapping[Path, str]
    root: Path


@contextlib.contextmanager
def predict_sources(options: PredictOptions) -> Iterator[PredictSources]:
    """The files of INPUT, or those of a PACS, which are there while the block runs.

    Raises:
        CommandError: if there is none, or none can have one of the results that are asked for; if the PACS fails, its code is 4.
    """
    with contextlib.ExitStack() as stack:
        place = _fetched(options, stack) if options.pacs else Path(options.input)
        root = place if place.is_dir() else place.parent
        files = _listed(place, Path(options.out))
        _check_formats(options, files)
        yield PredictSources({path: _free(name, path) for path, name in files.items()}, root)


def _listed(place: Path, out: Path) -> Mapping[Path, str]:
    try:
        return list_angiograms(place, output_dir=out, also=NIFTI_ENDINGS)
    except FileNotFoundError as error:
        raise CommandError(
            f"INPUT must be a file or a folder, got '{place}', there is none; check the path."
        ) from error
    except ValueError as error:
        raise CommandError(f"INPUT must hold an image, a DICOM or a NIfTI file, '{place}' holds none.") from error


def _fetched(options: PredictOptions, stack: contextlib.ExitStack) -> Path:
    from monai_ext.dicom import fetch_series

    try:
        folder = Path(options.keep or stack.enter_context(TemporaryDirectory(prefix="vasomim_pacs_")))
        files = fetch_series(options.pacs, options.query, folder)
    except ImportError as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(f"--pacs: {error}") from error
    except OSError as error:
        raise CommandError(f"--pacs: {error}", 4) from error
    if not files:
        raise CommandError(f"--query must fit a series of '{options.pacs}', none does; check it.")
    return folder


def _check_formats(options: PredictOptions, files: Mapping[Path, str]) -> None:
    if all(output.of_dicom for output in options.outputs) and not any(map(is_dicom, files)):
        formats = ",".join(dict.fromkeys(output.format for output in options.outputs))
        raise CommandError(f"--format {formats} needs DICOM files, '{options.input}' has none; ask for another.")


def _free(name: str, path: Path) -> str:
    """Not the name of the record."""
    return path.name if name.lower() == _RESERVED else name
