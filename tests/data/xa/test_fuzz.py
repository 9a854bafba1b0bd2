# SPDX-License-Identifier: Apache-2.0
"""Damaged files of every kind are an image or a ValueError: no other error, crash, hang, flood of memory or word about the patient."""

import faulthandler
import multiprocessing
import os
import resource
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import SECRETS
from fuzz_files import damage, dicom_files, image_files

from monai_ext.data import read_grey
from monai_ext.data.xa import read_xa

pytest.importorskip("gdcm")
SECONDS = 20
"""That one file may take at most."""
MEGABYTES = 700
"""That the process may grow by; a frame of the largest size that is allowed takes 400 MB."""


def read_damaged(read: Callable[[Path], object], wholes: list[bytes], seeds: range, path: Path) -> None:
    warnings.simplefilter("ignore")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in seeds:
        rng = np.random.default_rng(seed)
        path.write_bytes(damage(wholes[rng.integers(len(wholes))], rng))
        path.with_suffix(".seed").write_text(str(seed))
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            read(path)
        except ValueError as error:
            assert path.name in str(error), error
            assert not [secret for secret in SECRETS if secret in str(error)], error
        faulthandler.cancel_dump_traceback_later()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEGABYTES, f"grew by {grown:.0f} MB"


def fuzz(
    read: Callable[[Path], object], wholes: list[bytes], seeds: range, path: Path, capfd: pytest.CaptureFixture
) -> None:
    """In a child, which a decoder may crash or hang."""
    child = multiprocessing.get_context("fork").Process(target=read_damaged, args=(read, wholes, seeds, path))
    child.start()
    child.join(600)
    code = child.exitcode
    child.kill()
    output = "".join(capfd.readouterr())
    assert code == 0, f"seed {path.with_suffix('.seed').read_text()}, exit {code}: {output[-3000:]}"
    assert not [secret for secret in SECRETS if secret in output]


def test_whole_files_are_read(tmp_path):
    for read, wholes in ((read_xa, dicom_files(tmp_path)), (read_grey, image_files())):
        for whole in wholes:
            (tmp_path / "1").write_bytes(whole)
            read(tmp_path / "1")


def test_some_damaged_dicom_files(tmp_path, capfd):
    fuzz(read_xa, dicom_files(tmp_path), range(100), tmp_path / "1.dcm", capfd)


def test_some_damaged_images(tmp_path, capfd):
    fuzz(read_grey, image_files(), range(40), tmp_path / "1.png", capfd)


@pytest.mark.slow
def test_a_thousand_damaged_dicom_files(tmp_path, capfd):
    fuzz(read_xa, dicom_files(tmp_path), range(100, 1100), tmp_path / "1.dcm", capfd)


@pytest.mark.slow
def test_hundreds_of_damaged_images(tmp_path, capfd):
    fuzz(read_grey, image_files(), range(40, 340), tmp_path / "1.png", capfd)


def test_a_crash_is_seen(tmp_path, capfd):
    with pytest.raises(AssertionError, match="seed 3, exit -9"):
        fuzz(lambda path: os.kill(os.getpid(), signal.SIGKILL), image_files(), range(3, 5), tmp_path / "1.png", capfd)
