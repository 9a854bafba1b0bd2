# SPDX-License-Identifier: Apache-2.0
"""What every test shares: a seed, real data on request, and a guard of the global random generators."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

gc.disable()  # modules come to stay: looking for garbage among them takes seconds of the start


def pytest_collection_finish():
    """From here on garbage is looked for among what tests make, not in all that was imported for them."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def seeded():
    """Starts every test at the same random numbers: one that fails fails again, one that passes does not fail tomorrow."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def signals_stay():
    """A bundle that runs in this process sets handlers of signals, as it does for a command."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGUSR1") if hasattr(signal, name)]
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).disabled = False  # a run that is told to end silences its engine's


@pytest.fixture(scope="session", autouse=True)
def power_stays_on():
    """`os.fsync` waits for the disk, seconds where others write, too; no test cuts the power. Processes that tests start wait as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture
def xa() -> Path:
    """Folder of real angiograms (`arcade/`, `golden_vessel_maps/`), named by the environment variable VASOMIM_XA."""
    folder = os.environ.get("VASOMIM_XA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set VASOMIM_XA to a folder that holds arcade/ and golden_vessel_maps/ to run this test")
    return Path(folder)


@pytest.fixture
def global_rng_untouched():
    """Fails the test if it moved torch's or numpy's global random generator."""
    before = torch.random.get_rng_state().clone(), np.random.get_state()[1].copy()
    yield
    assert torch.equal(before[0], torch.random.get_rng_state()), "torch's global generator was moved"
    assert np.array_equal(before[1], np.random.get_state()[1]), "numpy's global generator was moved"
