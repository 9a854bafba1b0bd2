# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

__all__ = ["quiet_pydicom"]

_lock = threading.Lock()
_depth = 0
_undo = ExitStack()
_LOGGERS = ("pydicom", "pynetdicom", "dicomweb_client", "urllib3", "pylibjpeg", "openjpeg", "PIL")


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silences what pydicom and decoders log and warn of: they quote values, and values name patients.

    Filters belong to the process, so the first thread that enters sets them and the last one that leaves restores them: one
    thread cannot switch them on while another reads, nor leave them off for ever.
    """
    global _depth
    with _lock:
        _depth += 1
        if _depth == 1:
            _silence()
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _undo.close()


def _silence() -> None:
    _undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        _undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)
    with suppress(ImportError):
        import gdcm

        for switch in (gdcm.Trace.DebugOff, gdcm.Trace.WarningOff, gdcm.Trace.ErrorOff):
            switch()
