# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import platform

import torch
from ignite.engine import Engine

from monai_ext.handlers.run_environment import run_environment


def test_tells_versions_processes_and_revision():
    facts = run_environment(Engine(lambda engine, batch: None))
    assert facts["processes"] == 1 and facts["device"].startswith("cpu (")
    assert facts["torch"] == torch.__version__ and facts["python"] == platform.python_version()
    assert {"monai_ext", "monai", "pytorch-ignite", "numpy"} <= facts.keys()
    assert facts["revision"] == "not a checkout" or len(facts["revision"].removesuffix("-dirty")) == 40


def test_a_package_that_is_missing_is_no_error(monkeypatch):
    monkeypatch.setitem(run_environment.__globals__, "_PACKAGES", ("no-such-package",))
    assert run_environment(Engine(lambda engine, batch: None))["no-such-package"] == "not installed"
