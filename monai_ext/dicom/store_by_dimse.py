# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from monai_ext.data.progress_bar import progress_bar
from monai_ext.data.xa.quiet_pydicom import quiet_pydicom

from .need_packages import need_packages
from .read_to_send import read_to_send

if TYPE_CHECKING:
    from pynetdicom.association import Association

__all__ = ["store_by_dimse"]

_CALLING = "VASOMIM"
_CONNECT, _ANSWER = 10, 120
"""Seconds to wait."""
_WARNINGS = range(0xB000, 0xC000)
"""Stored, though something was changed (PS3.4, table B.2-1)."""


def store_by_dimse(files: Sequence[Path], address: str, *, show: bool = True) -> None:
    """Sends DICOM files by C-STORE; see `send_files`. It calls itself VASOMIM."""
    need_packages("pydicom", "pynetdicom")
    target = _parse(address)
    contexts = {(str(head.SOPClassUID), str(head.file_meta.TransferSyntaxUID)) for head in _heads(files)}
    with quiet_pydicom():
        association = _associate(target, contexts, address)
        try:
            for path in progress_bar("send", len(files), "file", show=show, over=files):
                _store(association, path, address)
        finally:
            if association.is_established:
                association.release()


class _Target(NamedTuple):
    title: str
    host: str
    port: int


def _parse(address: str) -> _Target:
    try:
        parts = urlsplit(address)
        title, host, port = unquote(parts.username or ""), parts.hostname, parts.port
    except ValueError:  # a port that is no number
        title, host, port = "", None, None
    if not host or not port or not 1 <= len(title.strip()) <= 16 or parts.password is not None:
        raise ValueError(
            f"a DICOM address must be dicom://AET@host:port, AET of 1 to 16 characters, got '{address}'; check it."
        )
    return _Target(title, host, port)


def _heads(files: Sequence[Path]) -> list:
    return [read_to_send(path, head_only=True) for path in files]


def _associate(target: _Target, contexts: set[tuple[str, str]], address: str) -> Association:
    from pynetdicom import AE

    entity = AE(ae_title=_CALLING)
    entity.connection_timeout, entity.acse_timeout = _CONNECT, _CONNECT
    entity.dimse_timeout, entity.network_timeout = _ANSWER, _ANSWER
    for sop_class, syntax in sorted(contexts):
        entity.add_requested_context(sop_class, syntax)
    association = entity.associate(target.host, target.port, ae_title=target.title)
    if association.is_established:
        return association
    if association.is_rejected:
        problem = f"refuses the association; check that it calls itself {target.title} and knows {_CALLING}"
    else:
        problem = "cannot be reached, or takes none of these objects; check the address, and that the server runs"
    raise ConnectionError(f"the PACS at '{address}' {problem}.")


def _store(association: Association, path: Path, address: str) -> None:
    problem = ""
    try:
        status = association.send_c_store(read_to_send(path)).get("Status")
    except ValueError:
        status, problem = (
            None,
            f"does not take objects of the kind of '{path}'; allow its storage class and transfer syntax",
        )
    except RuntimeError:  # the association is gone
        status = None
    if status == 0 or status in _WARNINGS:
        return
    if status is not None:
        problem = f"refuses '{path}' (status {status:04X}h); look into its log"
    raise ConnectionError(
        f"the PACS at '{address}' {problem or 'broke off; check that the server runs, then send again'}."
    )
