# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from ignite.engine import Engine
from monai.utils import CommonKeys
from torch import nn

from monai_ext.metrics import ReconstructionQuality
from monai_ext.ops import normalise_patches, patchify, unpatchify


def run(metric: ReconstructionQuality, outputs: list[dict]) -> dict:
    engine = Engine(lambda engine, output: output)
    metric.attach(engine, "quality")
    engine.run(outputs)
    return engine.state.metrics


def output(vessels_in: list[int], hidden: list[int], shift: dict[int, float], seed: int = 0) -> dict:
    image = torch.randn(1, 1, 8, 12, generator=torch.Generator().manual_seed(seed))
    prediction = normalise_patches(patchify(image, 4))
    for patch, value in shift.items():
        prediction[0, patch] += value
    vessels = torch.zeros(1, 6, dtype=torch.bool)
    vessels[0, vessels_in] = True
    vessels = vessels.view(1, 1, 2, 3).repeat_interleave(4, 2).repeat_interleave(4, 3)
    mask = torch.zeros(1, 6, dtype=torch.bool)
    mask[0, hidden] = True
    return {CommonKeys.PRED: prediction, CommonKeys.LABEL: {"image": image, "vessels": vessels, "hidden": mask}}


def test_known_values():
    """A prediction off by d has the error d^2: 4 on the vessel patch, 1 beside it, what is visible does not count."""
    metrics = run(ReconstructionQuality(4), [output([0, 5], [0, 1, 2], {0: 2, 1: 1, 2: 1, 5: 50})])
    assert metrics["masked_error"] == pytest.approx(2.0, abs=1e-5)
    assert metrics["masked_error_vessel"] == pytest.approx(4.0, abs=1e-5)
    assert metrics["masked_error_background"] == pytest.approx(1.0, abs=1e-5)
    assert metrics["hidden_vessel_share"] == pytest.approx(1 / 3)


def test_an_image_without_hidden_vessel_is_left_out_of_the_error_on_vessels():
    metric = ReconstructionQuality(4)
    run(metric, [output([0], [0, 1], {0: 3}), output([4], [0, 1], {0: 9}, seed=1)])
    assert metric.summary["masked_error_vessel"] == {"mean": pytest.approx(9.0, abs=1e-5), "std": 0.0, "n": 1}
    assert metric.summary["masked_error"]["n"] == 2 and len(metric.rows) == 2


def test_perfect_reconstruction_keeps_every_vessel():
    segmentor = nn.Conv2d(1, 1, 3, padding=1)
    assert run(ReconstructionQuality(4, segmentor), [output([0], [0], {})])["vessel_dice"] == pytest.approx(
        1.0, abs=0.02
    )


def test_an_inverted_reconstruction_loses_every_vessel():
    """S = identity on patches of mean 0: where the image is vessel, its negative is not."""
    segmentor = nn.Conv2d(1, 1, 1)
    nn.init.ones_(segmentor.weight)
    nn.init.zeros_(segmentor.bias)
    inverted = output([0], [0], {})
    inverted[CommonKeys.PRED] = -inverted[CommonKeys.PRED]
    patches = patchify(inverted[CommonKeys.LABEL]["image"], 4)
    inverted[CommonKeys.LABEL]["image"] = unpatchify(patches - patches.mean(-1, keepdim=True), 4, 8, 12)
    assert run(ReconstructionQuality(4, segmentor), [inverted])["vessel_dice"] == 0


def test_no_data_is_an_error():
    metric = ReconstructionQuality(4)
    metric.reset()
    with pytest.raises(RuntimeError, match="no image was evaluated"):
        metric.compute()
