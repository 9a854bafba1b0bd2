# SPDX-License-Identifier: Apache-2.0
import os
import random

import numpy as np
import pytest
import torch

from monai_ext.engines import seed_run


@pytest.fixture(autouse=True)
def switches_put_back(monkeypatch):
    """What the part sets for the whole process."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    cudnn, algorithms = torch.backends.cudnn, torch.are_deterministic_algorithms_enabled()
    monkeypatch.setattr(cudnn, "deterministic", cudnn.deterministic)
    monkeypatch.setattr(cudnn, "benchmark", cudnn.benchmark)
    yield
    os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)
    torch.use_deterministic_algorithms(algorithms)


def draws(*arguments) -> list[float]:
    seed_run(*arguments)
    return [torch.rand(()).item(), random.random(), np.random.rand()]


def test_what_is_drawn_follows_from_seed_and_rank():
    assert draws(7, 1, True) == draws(7, 1, True)
    for other in ((8, 1, True), (7, 0, True)):
        assert not set(draws(*other)) & set(draws(7, 1, True))


def test_a_seed_of_ones_own_is_torchs():
    """Networks seeded in this way before draw as they did."""
    seed_run(3)
    ours = torch.rand(4)
    torch.manual_seed(3)
    assert torch.equal(ours, torch.rand(4))


def test_deterministic_algorithms_are_asked_of_torch_cudnn_and_cublas():
    torch.backends.cudnn.benchmark = True
    seed_run(0, deterministic=True)
    assert torch.are_deterministic_algorithms_enabled() and not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cudnn.deterministic and not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_otherwise_all_switches_stay_as_they_are():
    torch.backends.cudnn.benchmark = True
    seed_run(0)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.backends.cudnn.benchmark and not torch.backends.cudnn.deterministic
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


def test_a_setting_of_cublas_that_is_there_stays(monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    seed_run(0, deterministic=True)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
