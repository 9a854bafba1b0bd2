# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.engines import PrepareFrames, PrepareMaskedBatch, compile_parts
from monai_ext.losses import VasoMIMLoss
from monai_ext.networks import MaskedAutoencoder, UNeXt


def parts() -> tuple:
    segmentor = UNeXt(seed=0)
    size = {"patch_size": 16, "hidden_size": 16, "num_layers": 1, "num_heads": 2}
    decoder = {"decoder_hidden_size": 16, "decoder_num_layers": 1, "decoder_num_heads": 2}
    frames = PrepareFrames(image_size=(32, 64), mean=0.45, std=0.18)
    prepare = PrepareMaskedBatch(frames, patch_size=16, segmentor=segmentor)
    return MaskedAutoencoder(**size, **decoder, seed=0), VasoMIMLoss(16, segmentor), prepare


def frames(batch: int = 3) -> dict:
    draw = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (batch, 1, 64, 64), generator=draw, dtype=torch.uint8)
    vessels = torch.randint(0, 256, (batch, 1, 64, 8), generator=draw, dtype=torch.uint8)
    return {"image": image, "vessels": vessels, "extent": torch.full((batch, 2), 64), "index": torch.arange(batch)}


def three_epochs(network, loss, prepare) -> list[float]:
    """One step in each, with a growing guided share."""
    optimizer, losses = torch.optim.AdamW(network.parameters(), 0.01, fused=True), []
    for epoch in (1, 2, 3):
        prepare.guided_share = epoch / 3
        image, targets, arguments, _ = prepare(frames(), "cpu", epoch=epoch)
        value = loss(network(image, *arguments), targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses += [value.item(), *(part.item() for part in loss.parts.values())]
    return losses


@pytest.mark.slow
def test_a_step_of_pre_training_is_three_graphs_that_are_compiled_once_and_give_the_same_losses():
    plain, compiled = parts(), parts()
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compile_parts(compiled)
    with torch._dynamo.config.patch(error_on_recompile=True):
        losses = three_epochs(*compiled)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 3
    assert not torch._dynamo.utils.counters["graph_break"]
    assert losses == pytest.approx(three_epochs(*plain), rel=2e-3)
    assert compiled[0].state_dict().keys() == plain[0].state_dict().keys()


def test_evaluation_is_not_compiled_so_that_its_images_may_have_any_size():
    torch._dynamo.utils.counters.clear()
    layer = torch.nn.Conv2d(1, 1, 3)
    compile_parts([layer])
    layer.eval()
    with torch._dynamo.config.patch(error_on_recompile=True, recompile_limit=1):
        assert [layer(torch.zeros(1, 1, side, side)).shape[-1] for side in (4, 5, 6, 9)] == [2, 3, 4, 7]
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 0


def test_a_part_that_is_no_single_graph_fails_at_its_first_call():
    class Branching(torch.nn.Module):
        def forward(self, x):
            return x + 1 if x.sum() > 0 else x

    branching = Branching()
    compile_parts([branching])
    with pytest.raises(torch._dynamo.exc.Unsupported, match="Data-dependent branching"):
        branching(torch.ones(2))
