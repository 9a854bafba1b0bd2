# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")

from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine


@pytest.fixture(scope="session")
def single(tmp_path_factory) -> Path:
    """A DICOM file of one frame of 64 by 64 pixels, 8 bits."""
    folder, settings = tmp_path_factory.mktemp("single"), PhantomSettings(size=64, bits=8)
    DicomWriter(settings, 0).write(folder, 1, draw_angiogram(0, 1, settings))
    return folder / "00001.dcm"


@pytest.fixture(scope="session")
def cine(tmp_path_factory) -> Path:
    """A DICOM file of three frames of 65 by 65 pixels, 12 bits: a binary frame of it does not end at a byte."""
    folder, settings = tmp_path_factory.mktemp("cine"), PhantomSettings(size=65, bits=12, frames=3, frame_time=80.0)
    CineWriter(settings, 0).write(folder, 1, draw_cine(0, 1, settings))
    return folder / "00001.dcm"


@pytest.fixture
def edited(tmp_path) -> Callable[..., Path]:
    """Copies a DICOM file with other attributes; None removes one."""
    import pydicom

    numbers = itertools.count()

    def edit(source: Path, **attributes) -> Path:
        dataset, path = pydicom.dcmread(source), tmp_path / "edited" / f"{next(numbers)}.dcm"
        path.parent.mkdir(exist_ok=True)
        for keyword, value in attributes.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
        dataset.save_as(path)
        return path

    return edit


@pytest.fixture
def errors_of() -> Callable[[Path], list[str]]:
    """What dciodvfy, a checker of the standard, says is wrong with a file."""
    if not shutil.which("dciodvfy"):
        pytest.skip("apt-get install dicom3tools to run this test")

    def check(path: Path) -> list[str]:
        run = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, errors="replace")
        assert run.stderr.strip(), "dciodvfy names at least the kind of object"
        return [line for line in run.stderr.splitlines() if line.startswith("Error")]

    return check
