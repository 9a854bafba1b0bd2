# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest
import torch
from monai.bundle import ConfigParser, ConfigWorkflow

from monai_ext.engines.run_config import RunConfig

CONFIG = {
    "imports": ["$import monai_ext"],
    "_desc_knobs": "what a user may set",
    "epochs": 4,
    "warmup": "$@epochs / 2",
    "device": "$torch.device('cpu')",
    "sides": [1, 2],
    "_desc_rest": "the rest",
    "derived": "$@epochs + 1",
    "config": {"_target_": "monai_ext.engines.RunConfig"},
    "initialize": ["$@config"],
    "run": ["$@config()"],
}


def test_knobs_are_evaluated_and_entries_can_be_run_again():
    told = ConfigParser(CONFIG | {"epochs": 6}).get_parsed_content("config")()
    assert told["knobs"] == {"epochs": 6, "warmup": 3.0, "device": "cpu", "sides": [1, 2]}
    assert told["entries"] == CONFIG | {"epochs": 6}
    assert ConfigParser(json.loads(json.dumps(told["entries"]))).get_parsed_content("derived") == 7


def test_files_laid_over_each_other_and_options_are_all_in_it(tmp_path):
    (tmp_path / "train.json").write_text(json.dumps(CONFIG))
    (tmp_path / "smoke.json").write_text(json.dumps({"epochs": 2}))
    files = [str(tmp_path / name) for name in ("train.json", "smoke.json")]
    workflow = ConfigWorkflow(files, meta_file=None, logging_file=False, workflow_type=None, sides=[3])
    workflow.initialize()
    (told,) = workflow.run()
    assert told["knobs"] == {"epochs": 2, "warmup": 1.0, "device": "cpu", "sides": [3]}


def test_what_is_not_plain_becomes_a_word():
    told = ConfigParser(CONFIG | {"device": torch.device("cpu"), "sides": (1, torch.float16)}).get_parsed_content(
        "config"
    )()
    assert told["knobs"]["device"] == told["entries"]["device"] == "cpu"
    assert told["knobs"]["sides"] == [1, "torch.float16"]


def test_without_the_mark_there_are_no_knobs():
    config = {name: value for name, value in CONFIG.items() if name != "_desc_rest"}
    assert ConfigParser(config).get_parsed_content("config").knobs == []


def test_outside_of_a_bundle_it_is_empty():
    assert RunConfig()() == {"knobs": {}, "entries": {}}


@pytest.mark.parametrize("name", ["epochs", "config"])
def test_the_parser_of_another_run_is_not_taken(name):
    inner = ConfigParser(CONFIG | {"epochs": 9})
    outer = ConfigParser({"config": {"_target_": lambda: inner.get_parsed_content("config")}} | {"epochs": 1})
    assert outer.get_parsed_content("config")()["knobs"]["epochs"] == 9
