# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest
from made_prediction import BUNDLES, DETECTION, SEG
from monai.bundle import ConfigParser

from monai_ext.cli.bundle_config import bundle_config
from monai_ext.cli.command_error import CommandError


def test_the_threshold_is_the_knob_that_the_bundle_has():
    assert bundle_config(SEG, threshold=0.3)["threshold"] == 0.3
    assert bundle_config(DETECTION, threshold=0.3)["score_threshold"] == 0.3


def test_knobs_and_weights_take_the_place_of_the_bundles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = bundle_config(SEG, weights="a.pt", knobs={"flip": True})
    assert config["flip"] is True and config["weights_file"] == tmp_path / "a.pt"
    assert config["min_area"] == 0


@pytest.mark.parametrize("name", ["plain", "a#1 @device $x 'é'"])
def test_any_folder_name_survives_the_parser(name, tmp_path):
    (tmp_path / name / "configs").mkdir(parents=True)
    (tmp_path / name / "configs" / "inference.json").write_text((SEG / "configs" / "inference.json").read_text())
    parser = ConfigParser(bundle_config(tmp_path / name))
    assert Path(parser.get_parsed_content("weights_file")) == tmp_path / name / "models" / "model.pt"


def test_unknown_knobs_are_told_with_those_that_are_near():
    with pytest.raises(CommandError, match=r"--set must name a knob of .*, got 'min_aera'; did you mean min_area"):
        bundle_config(SEG, knobs={"min_aera": 3})
    with pytest.raises(CommandError, match="got '_desc_'; did you mean"):
        bundle_config(SEG, knobs={"_desc_": ""})
    with pytest.raises(CommandError, match="--set must not be 'dataset_dir', the command has its own way"):
        bundle_config(SEG, knobs={"dataset_dir": "/data"})


def test_what_is_no_bundle_for_this_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"--bundle must be the folder or the zip file of a bundle.*got 'nowhere'"):
        bundle_config("nowhere")
    with pytest.raises(CommandError, match=r"vasomim_pretrain' has no 'weights_file' in its configs/inference.json"):
        bundle_config(BUNDLES / "vasomim_pretrain")
    (tmp_path / "configs").mkdir()
    for content in ("{", "[1]", '"text"'):
        (tmp_path / "configs" / "inference.json").write_text(content)
        with pytest.raises(CommandError, match=r"inference.json' must be a JSON object"):
            bundle_config(tmp_path)
    (tmp_path / "configs" / "inference.json").write_text(json.dumps({"inferer": {}}))
    with pytest.raises(CommandError, match="has no 'weights_file'"):
        bundle_config(tmp_path)
