# SPDX-License-Identifier: Apache-2.0
"""What every test shares: a seed, real data on request, and a guard of the global random generators."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def seeded():
    """Starts every test at the same random numbers: one that fails fails again, one that passes does not fail tomorrow."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


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
