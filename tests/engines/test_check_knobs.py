# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from monai_ext.engines.check_knobs import check_knobs

BUNDLES = Path(__file__).parents[2] / "bundles"
CONFIG = {
    "epochs": 4,
    "batch_size": 8,
    "lone": 1,
    "_desc_rest": "the rest",
    "hidden": 3,
    "train": {"steps": "$@epochs * @hidden"},
    "initialize": ["$@check"],
    "check": {"_target_": "monai_ext.engines.check_knobs"},
    "run": ["$@train"],
}


def check(monkeypatch, *options, **added):
    monkeypatch.setattr(sys, "argv", ["monai", "run", *options])
    ConfigParser(CONFIG | added).get_parsed_content("check")


@pytest.mark.parametrize(
    ("options", "added", "message"),
    [
        (["--epoch", "3"], {"epoch": 3}, "got '--epoch', which nothing uses; did you mean '--epochs'?"),
        (["--batchsize=3"], {"batchsize": 3}, "got '--batchsize', .* did you mean '--batch_size'?"),
        (["--batch-sise", "3"], {"batch_sise": 3}, "got '--batch_sise', .* did you mean '--batch_size'?"),
        (["--lr", "0.1"], {"lr": 0.1}, "got '--lr', .* at the top of the configuration"),
    ],
)
def test_a_mistyped_option_is_refused_with_the_nearest_knob(monkeypatch, options, added, message):
    with pytest.raises(RuntimeError) as error:
        check(monkeypatch, *options, **added)
    assert isinstance(error.value.__cause__, ValueError)
    assert re.search(message.replace("?", r"\?"), str(error.value.__cause__))


def test_knobs_and_entries_that_are_used_pass(monkeypatch):
    check(monkeypatch, "--epochs", "3", "--lone=2", "--hidden", "4", epochs=3, lone=2, hidden=4)
    check(monkeypatch, "--train#steps", "3", "--run", "['$1']", run=["$1"])


def test_options_of_monai_pass(monkeypatch):
    own = {"config_file": "train.json", "run_id": "run", "logging_file": "a", "tracking": "mlflow", "meta_file": "m"}
    check(monkeypatch, *(word for name, value in own.items() for word in (f"--{name}", value)))
    check(monkeypatch, "--save_execute_config", "False", save_execute_config=False)


def test_what_an_overlay_sets_for_another_configuration_passes(monkeypatch):
    check(monkeypatch, "--epochs", "3", picture_every=5)


def test_outside_of_a_bundle_there_is_nothing_to_refuse(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pytest", "--epoch", "3"])
    check_knobs()


def test_every_configuration_that_a_user_runs_checks_its_options_before_all_else():
    files = [path for name in ("train*", "evaluate", "inference") for path in BUNDLES.glob(f"*/configs/{name}.json")]
    assert len(files) == 10
    for path in files:
        config = json.loads(path.read_text())
        assert "$monai_ext.engines.check_knobs()" in (config.get("checks") or config["initialize"])[:2], path
    for path in BUNDLES.glob("*/configs/multi_gpu_*.json"):
        steps = json.loads(path.read_text())["initialize"]
        assert {"$monai_ext.engines.check_knobs()", "@checks"} & set(steps), path
