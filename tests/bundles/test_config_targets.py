# SPDX-License-Identifier: Apache-2.0
"""What the configurations name is found on every Python."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from pydoc import locate

import pytest

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(ROOT.glob("bundles/*/configs/**/*.json"))


def targets(config: Path) -> set[str]:
    return set(re.findall(r'"_target_": "(monai_ext\.[\w.]+)"', config.read_text(encoding="utf-8")))


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a part of the name before the last is no package
        return False


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: str(path.relative_to(ROOT / "bundles")))
def test_a_target_exists_and_no_module_bears_its_name(config):
    """From Python 3.12 on `pydoc.locate`, by which MONAI looks, takes the module, where it took the function in it before."""
    assert not [name for name in targets(config) if not callable(locate(name)) or is_module(name)]


def test_the_rule_sees_a_module():
    assert is_module("monai_ext.optimizers.layer_decay_groups") and not is_module("monai_ext.optimizers.stepwise")
    assert sum(map(len, map(targets, CONFIGS))) > 50
