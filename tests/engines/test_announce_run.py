# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from torch import nn

from monai_ext.engines import PrepareFrames, RunPlan, announce_run


class Frames:
    def __getitems__(self, indices):
        return {
            "image": torch.zeros(len(indices), 1, 16, 16, dtype=torch.uint8),
            "vessels": torch.zeros(len(indices), 1, 16, 2, dtype=torch.uint8),
            "extent": torch.tensor([[16, 16]] * len(indices)),
            "index": torch.tensor(indices),
        }

    def describe(self):
        return "12 angiograms"


def announce(capsys, epochs: int, device: torch.device | str = torch.device("cpu")) -> str:  # noqa: B008
    plan = RunPlan(images=12, epochs=epochs, batch_size=4, base_rate=0.1)
    network = nn.Conv2d(1, 1, 1)
    prepare = PrepareFrames(image_size=16, mean=0.5, std=0.2)
    knobs = {"model": "one convolution", "image_size": 16, "precision": "fp32"}
    announce_run(
        plan, Frames(), network, lambda p, t: (p - t.float()).square().mean(), prepare, device, knobs, "runs/x"
    )
    return capsys.readouterr().out


def test_it_says_what_will_be_done(capsys):
    said = announce(capsys, epochs=2)
    for words in (
        "12 angiograms",
        "one convolution",
        "images of 16 px",
        "2 epochs of 3 steps, batch 4",
        "fp32",
        "time",
        "runs/x",
    ):
        assert words in said, said


def test_a_device_may_be_a_name(capsys):
    """As MONAI Label and command lines hand it over."""
    assert "device   CPU" in announce(capsys, epochs=2, device="cpu")


def test_torchrun_without_its_configuration_is_refused(capsys, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="torchrun started 2 processes, but the configuration is for 1"):
        announce(capsys, epochs=2)


def test_a_long_run_without_a_gpu_hints_at_the_short_one(capsys):
    assert "smoke.json" not in announce(capsys, epochs=2)
    assert "smoke.json" in announce(capsys, epochs=10**9)
