# SPDX-License-Identifier: Apache-2.0
import logging
import threading
import warnings

import pytest

from monai_ext.data.xa.quiet_pydicom import quiet_pydicom


def test_silence_ends_with_the_block(recwarn, caplog):
    logger = logging.getLogger("pydicom.pixels")
    with quiet_pydicom():
        warnings.warn("inside", stacklevel=1)
        logger.error("inside")
    warnings.warn("outside", stacklevel=1)
    logger.error("outside")
    assert [str(warning.message) for warning in recwarn] == ["outside"]
    assert [record.message for record in caplog.records] == ["outside"]


def test_silence_ends_with_an_error():
    level = logging.getLogger("pydicom").level
    with pytest.raises(KeyError), quiet_pydicom():
        raise KeyError
    assert logging.getLogger("pydicom").level == level


def test_the_last_thread_ends_the_silence():
    filters, first_left, entered = list(warnings.filters), threading.Event(), threading.Event()

    def second() -> None:
        with quiet_pydicom():
            entered.set()
            first_left.wait(10)

    thread = threading.Thread(target=second)
    with quiet_pydicom():
        thread.start()
        entered.wait(10)
    assert warnings.filters != filters and logging.getLogger("pydicom").level > logging.CRITICAL
    first_left.set()
    thread.join()
    assert warnings.filters == filters and logging.getLogger("pydicom").level <= logging.CRITICAL
