# SPDX-License-Identifier: Apache-2.0
import pytest
from made_cell import BUNDLE

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.few_label_plan import FewLabelPlan


def test_configurations_lie_over_each_other_in_this_order():
    plan = FewLabelPlan(BUNDLE, task="segment")
    assert plan.configs(unet=False) == "['configs/train.json', 'configs/segment.json']"
    assert plan.configs(unet=True, last=["evaluate"]) == (
        "['configs/train.json', 'configs/segment.json', 'configs/baseline_unet.json', 'configs/evaluate.json']"
    )


def test_knobs_are_options_of_training_and_evaluation():
    plan = FewLabelPlan(BUNDLE, knobs={"image_size": "256", "model": "tiny", "threshold": "0.4"})
    assert plan.options(unet=False) == {"image_size": "256", "model": "tiny"}  # threshold is evaluate.json's alone
    assert plan.options(unet=False, evaluate=True) == {"image_size": "256", "model": "tiny", "threshold": "0.4"}
    assert plan.options(unet=True) == {"image_size": "256"}  # baseline_unet.json names its model


def test_one_data_set_several_or_none(tmp_path):
    one, two = str(tmp_path), str(tmp_path.parent)
    assert FewLabelPlan(BUNDLE, dataset_dir=(one,)).options(unet=False) == {"dataset_dir": one}
    assert FewLabelPlan(BUNDLE, dataset_dir=(one, two)).options(unet=False) == {"dataset_dir": f"['{one}', '{two}']"}
    assert FewLabelPlan(BUNDLE).options(unet=False) == {}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"epochs": 0}, "--epochs must be at least 1, got 0"),
        ({"dataset_dir": ("/gone",)}, "--dataset_dir must be a folder of images with labels, got '/gone'"),
        (
            {"bundle": BUNDLE.parent},
            "--bundle must be the segmentation bundle, got '.*' without 'configs/train.json'; name the folder",
        ),
        ({"knobs": {"seed": "3"}}, "--knob must not be 'seed', which the experiment sets"),
        ({"knobs": {"modle": "tiny"}}, "--knob must be an option of the bundle, got 'modle'"),
    ],
)
def test_what_is_wrong_is_said(facts, message):
    with pytest.raises(CommandError, match=message):
        FewLabelPlan(**{"bundle": BUNDLE} | facts)
