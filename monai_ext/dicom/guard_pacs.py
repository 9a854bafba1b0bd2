# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from monai_ext.data.xa.quiet_pydicom import quiet_pydicom

__all__ = ["guard_pacs"]

Result = TypeVar("Result")

_HINTS = {
    401: "set VASOMIM_PACS_USER and VASOMIM_PACS_PASSWORD, or VASOMIM_PACS_TOKEN",
    403: "these credentials may not do that",
    404: "check the path of the address, such as /dicom-web",
}


def guard_pacs(url: str, call: Callable[[], Result]) -> Result:
    """What `call` returns; whatever it raises of a DICOMweb server becomes one error that names the address.

    Nothing is logged meanwhile, and the new error has no cause: the messages of clients quote requests, and requests name patients.

    Args:
        url: of the server.
        call: talks to it.

    Raises:
        ConnectionError: if the server does not answer, stops in the middle, refuses, or does not speak DICOMweb.
    """
    from requests import ConnectionError as NoConnection
    from requests import HTTPError, RequestException, Timeout

    try:
        with quiet_pydicom():
            return call()
    except HTTPError as error:
        status = error.response.status_code
        problem = f"answers with HTTP status {status}; {_HINTS.get(status, 'look into its log')}"
    except Timeout:
        problem = "does not answer in time; check the address, and whether the server is alive"
    except NoConnection:
        problem = "cannot be reached, or broke off; check the address, and that the server runs"
    except RequestException as error:
        problem = f"broke off or answered nonsense ({type(error).__name__}); check that the server runs, then try again"
    except Exception as error:  # of parsers, about ten kinds
        problem = f"does not answer as DICOMweb says ({type(error).__name__}); check the address"
    raise ConnectionError(f"the PACS at '{url}' {problem}.")
