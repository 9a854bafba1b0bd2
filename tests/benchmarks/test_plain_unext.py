# SPDX-License-Identifier: Apache-2.0
import torch
from plain_unext import PlainUNeXt

from monai_ext.networks import UNeXt


def trained() -> UNeXt:
    """Whose batch norms have seen something."""
    network = UNeXt(seed=0)
    network(torch.randn(4, 1, 64, 64, generator=torch.Generator().manual_seed(0)))
    return network.eval()


def test_plain_network_answers_as_ours():
    image = torch.randn(2, 1, 64, 96)
    expected = trained()(image)
    assert torch.allclose(PlainUNeXt(trained())(image), expected, atol=1e-5)


def test_gradient_of_the_image_is_ours():
    image = torch.randn(1, 1, 32, 64, requires_grad=True)
    ours, plain = trained().requires_grad_(False), PlainUNeXt(trained())
    expected, found = (torch.autograd.grad(network(image).sum(), image)[0] for network in (ours, plain))
    assert torch.allclose(found, expected, atol=1e-5)
