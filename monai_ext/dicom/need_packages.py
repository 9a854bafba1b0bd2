# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib.util import find_spec

__all__ = ["need_packages"]

_EXTRA = {
    "pydicom": "pydicom",
    "highdicom": "highdicom",
    "pynetdicom": "pynetdicom",
    "dicomweb_client": "dicomweb-client",
}


def need_packages(*modules: str) -> None:
    """Refuses, before anything is read or sent, what needs a package that is not installed.

    Args:
        modules: of pydicom, highdicom, pynetdicom and dicomweb_client.

    Raises:
        ImportError: if one of them is missing.
    """
    for module in modules:
        if find_spec(module) is None:
            raise ImportError(f"DICOM needs {_EXTRA[module]}, which is not installed; pip install 'monai_ext[dicom]'.")
