# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .need_packages import need_packages

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from requests import PreparedRequest

__all__ = ["pacs_client"]

_TIMEOUT = (10, 120)
"""Seconds to connect, and between two packets."""


def pacs_client(url: str) -> DICOMwebClient:
    """A client of a DICOMweb server.

    Credentials come from the environment, so that no command line and no log shows them: `VASOMIM_PACS_TOKEN` (a bearer token), else
    `VASOMIM_PACS_USER` and `VASOMIM_PACS_PASSWORD`. Certificates of your own: `REQUESTS_CA_BUNDLE`.

    Args:
        url: of the service, such as `https://pacs.example/dicom-web`.

    Raises:
        ImportError: without dicomweb-client.
        ValueError: if it is no such address, or holds credentials.
    """
    need_packages("pydicom", "dicomweb_client")
    from dicomweb_client import DICOMwebClient
    from requests import Session

    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError(
            "the address of a PACS must not hold credentials; set VASOMIM_PACS_USER and VASOMIM_PACS_PASSWORD instead."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(f"a DICOMweb address must be http(s)://host[:port]/path, got '{url}'; check it.")
    session = Session()
    session.auth = _credentials()
    client = DICOMwebClient(url.rstrip("/"), session=session, timeout=_TIMEOUT)
    client.set_http_retry_params(retry=False)
    return client


def _credentials() -> tuple[str, str] | _Bearer | None:
    token, user = os.environ.get("VASOMIM_PACS_TOKEN"), os.environ.get("VASOMIM_PACS_USER")
    if token:
        return _Bearer(token)
    return (user, os.environ.get("VASOMIM_PACS_PASSWORD", "")) if user else None


class _Bearer:
    """Sends a token with each request."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
