# SPDX-License-Identifier: Apache-2.0
"""The bundle's trainer with one technique left out takes the same step."""

from __future__ import annotations

import pytest
import torch
from own_step import OwnStep

from monai_ext.data import open_frames

SAME = [
    {"attention": "matmul"},
    {"segmentor": "plain"},
    {"segmentor": "channels_last"},
    {"waits": True},
    {"prefetch": False},
]
OTHER = [{"masks": "loop"}, {"channels": 3}]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> tuple[dict, dict]:
    """A batch, and the knobs of its bundle."""
    folder = tmp_path_factory.mktemp("own_step")
    frames = {"phantom_count": 4, "cache_dir": str(folder / "cache")}
    batch = open_frames(None, size=64, **frames).__getitems__([0, 1, 2, 3])
    size = {"model": "tiny", "frame_size": 64, "image_size": 64, "batch_size": 4, "warmup_epochs": 0}
    share = {"guided_share_start": 0.25, "guided_share_end": 0.25}
    return batch, {**frames, **size, **share, "device": torch.device("cpu"), "output_dir": str(folder / "run")}


def steps(data: tuple[dict, dict], changed: dict | None = None, **choices) -> tuple[list[list[float]], OwnStep]:
    """Losses of two steps."""
    batch, knobs = data
    step = OwnStep(batch, {**knobs, **(changed or {})}, **choices)
    losses = [step() or step.losses for _ in range(2)]
    step.close()
    return losses, step


@pytest.mark.slow
def test_leaving_out_a_technique_leaves_the_losses(data):
    expected, _ = steps(data)
    assert expected[0] != expected[1]
    for choice in SAME:
        losses, _ = steps(data, **choice)
        assert losses[0] == pytest.approx(expected[0], rel=1e-4), choice
    losses, other = steps(data, {"optimizer#fused": False})
    assert losses[1] == pytest.approx(expected[1], rel=1e-3)
    assert other.optimizer.defaults["fused"] is False


@pytest.mark.slow
@pytest.mark.parametrize("choice", OTHER, ids=str)
def test_other_masks_and_channels_train_too(data, choice):
    losses, step = steps(data, **choice)
    assert all(value > 0 for loss in losses for value in loss) and step.network.encoder.in_channels in (1, 3)
    assert (step.trainer.state.output["label"]["hidden"].sum(dim=1) == 8).all()
