# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from monai_ext.ops import usable_cores


def test_at_least_one_and_no_more_than_the_machine_has():
    assert 1 <= usable_cores() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot bind a process to cores")
def test_a_process_bound_to_one_core_has_one():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(cores)])
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, cores)
