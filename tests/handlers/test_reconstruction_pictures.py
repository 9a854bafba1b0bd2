# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from ignite.engine import Engine
from monai.utils import CommonKeys
from PIL import Image
from torch import nn

from monai_ext.handlers.reconstruction_pictures import ReconstructionPictures


def engine(count=3, probability=True):
    def step(_, batch):
        image = torch.randn(count, 1, 16, 24, generator=torch.Generator().manual_seed(batch))
        targets = {
            "image": image,
            "vessels": image > 1,
            "guidance": image.sigmoid(),
            "hidden": torch.arange(6).expand(count, 6) % 2 == 0,
        }
        if probability:
            targets["probability"] = image.sigmoid()
        return {CommonKeys.IMAGE: image, CommonKeys.LABEL: targets, CommonKeys.PRED: torch.zeros(count, 6, 64)}

    return Engine(step)


class Writer:
    def __init__(self):
        self.calls = []

    def add_image(self, tag, image, step, dataformats):
        self.calls.append((tag, image.shape[-1], step, dataformats))


def test_draws_every_second_epoch_and_the_last(tmp_path):
    writer = Writer()
    pictures = ReconstructionPictures(tmp_path, mean=0.5, std=0.2, every=2, count=2, writer=writer)
    trainer = engine()
    pictures.attach(trainer)
    trainer.run([0], max_epochs=5)
    assert writer.calls == [("reconstructions", 3, epoch, "HWC") for epoch in (2, 4, 5)]
    assert [path.name for path in tmp_path.iterdir()] == ["reconstructions.png"]
    with Image.open(tmp_path / "reconstructions.png") as picture:
        assert picture.width > 600


@pytest.mark.parametrize("probability", [True, False])
def test_segmentor_sees_the_images_and_their_reconstruction_in_evaluation_mode(tmp_path, probability):
    segmentor = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Dropout(0.9)).requires_grad_(False).train()
    state, seen = torch.get_rng_state(), []
    segmentor.register_forward_hook(lambda module, args, out: seen.append((args[0].shape, module.training)))
    pictures = ReconstructionPictures(tmp_path, mean=0.5, std=0.2, segmentor=segmentor, count=2)
    evaluator = engine(probability=probability)
    pictures.attach(evaluator)
    evaluator.run([0])
    assert torch.equal(state, torch.get_rng_state())
    assert seen == [((2, 1, 16, 24), False)] * (1 if probability else 2)


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="must be positive, got 1, 0 and 0"):
        ReconstructionPictures(tmp_path, mean=0.5, std=0.2, count=0)
