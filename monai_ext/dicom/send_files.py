# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from .store_by_dimse import store_by_dimse
from .store_by_web import store_by_web

__all__ = ["send_files"]


def send_files(files: Iterable[str | os.PathLike[str]], address: str, *, show: bool = True) -> None:
    """Sends DICOM files to a PACS, as they are.

        send_files(["7.seg.dcm"], "dicom://ORTHANC@127.0.0.1:4242")      # C-STORE
        send_files(["7.seg.dcm"], "https://pacs.example/dicom-web")      # STOW-RS

    Args:
        files: to send, one after the other; the first error ends it, what was sent stays sent.
        address: `dicom://AET@host:port`, AET being how the PACS calls itself, or `http(s)://...` of a DICOMweb service.
        show: a progress bar.

    Raises:
        ConnectionError: if the server does not answer, refuses a file, or stops in the middle.
        FileNotFoundError: if a file is not there.
        ImportError: without pynetdicom or dicomweb-client.
        ValueError: if the address is none, or a file is no DICOM file.
    """
    paths, scheme = [Path(path) for path in files], urlsplit(address).scheme
    if scheme == "dicom":
        store_by_dimse(paths, address, show=show)
    elif scheme in ("http", "https"):
        store_by_web(paths, address, show=show)
    else:
        raise ValueError(
            f"the address of a PACS must be dicom://AET@host:port or http(s)://..., got '{address}'; check it."
        )
