# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["RunningAverages"]


class RunningAverages:
    """The running means and variances of a network's batch norms, which can be set back to before a step, on the device.

    A forward pass changes them before anybody knows whether the step can be made: one batch with a NaN would leave a network that trains on well
    and judges nothing ever after.

    Args:
        network: whose batch norms count; it may have none.
    """

    def __init__(self, network: nn.Module) -> None:
        layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]
        self.own = [value for layer in layers for value in (layer.running_mean, layer.running_var)]
        self.good = [value.clone() for value in self.own]

    @torch.no_grad()
    def settle(self, bad: Tensor) -> None:
        """Take over what the step's batches have brought, or set it back.

        Args:
            bad: one number: not 0 sets back.
        """
        for own, good in zip(self.own, self.good, strict=True):
            own.copy_(torch.where(bad != 0, good, own))
            good.copy_(own)
