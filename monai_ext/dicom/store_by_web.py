# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monai_ext.data.progress_bar import progress_bar

from .guard_pacs import guard_pacs
from .pacs_client import pacs_client
from .read_to_send import read_to_send

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["store_by_web"]


def store_by_web(files: Sequence[Path], url: str, *, show: bool = True) -> None:
    """Sends DICOM files to a DICOMweb service (STOW-RS); see `send_files`."""
    client = pacs_client(url)
    for path in progress_bar("send", len(files), "file", show=show, over=files):
        dataset = read_to_send(path)
        answer = guard_pacs(url, lambda dataset=dataset: client.store_instances([dataset]))
        _check(answer, path, url)


def _check(answer: Dataset, path: Path, url: str) -> None:
    for failed in answer.get("FailedSOPSequence") or ():
        reason = int(failed.get("FailureReason", 0))
        raise ConnectionError(f"the PACS at '{url}' refuses '{path}' (reason {reason:04X}h); look into its log.")
