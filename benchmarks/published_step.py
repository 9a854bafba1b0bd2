# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
import torch.nn.functional as F
from looped_mask import looped_mask
from matmul_attention import matmul_attention
from plain_unext import PlainUNeXt
from rgb_segmentor import rgb_segmentor
from torch import Tensor

from monai_ext.networks import UNeXt, masked_autoencoder

__all__ = ["PublishedStep"]

_ETA, _MASK_RATIO, _GUIDED_SHARE = 0.5, 0.5, 0.25


class PublishedStep:
    """A step of VasoMIM in the style of the published code, written out from the papers: what ours is measured against.

    Images have three equal channels; fp16 with a gradient scaler on a GPU, fp32 on a CPU; a Python loop over images draws the masks; the losses
    are read three times a step; attention is two matrix products and a softmax; AdamW as torch gives it; nothing is compiled.

    Args:
        model: size of the network: tiny, small, base, large or huge.
        image: (batch, 1, height, width), standardised crops, as its loader would hand them over.
        vessels: (batch, 1, height, width), bool.
        segmentor: S, of one channel.
        device: where to train.
    """

    def __init__(self, model: str, image: Tensor, vessels: Tensor, segmentor: UNeXt, device: torch.device) -> None:
        self.device, self.cuda = device, device.type == "cuda"
        host = image.cpu().repeat(1, 3, 1, 1), vessels.cpu().float()
        self.host = tuple(tensor.pin_memory() if self.cuda else tensor for tensor in host)
        self.network = matmul_attention(masked_autoencoder(model, in_channels=3, seed=0)).to(device)
        self.segmentor = PlainUNeXt(rgb_segmentor(segmentor)).to(device)
        self.optimizer = torch.optim.AdamW(_groups(self.network), lr=1.5e-4, betas=(0.9, 0.95))
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.cuda)
        self.losses: list[float] = []

    def __call__(self) -> None:
        """One step."""
        image, vessels = (tensor.to(self.device, non_blocking=True) for tensor in self.host)
        with torch.autocast(self.device.type, torch.float16, enabled=self.cuda):
            probability, hidden = self._guide(image, vessels)
            prediction = self.network(image, hidden, int(_MASK_RATIO * hidden.shape[1]))
            reconstruction, whole = _reconstruct(prediction, image, hidden, self.network.patch_size)
            consistency = F.binary_cross_entropy_with_logits(self.segmentor(whole), probability)
            loss = reconstruction + consistency
        self.losses = [loss.item(), reconstruction.item(), consistency.item()]
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def close(self) -> None:
        """Nothing is left open."""

    @torch.no_grad()
    def _guide(self, image: Tensor, vessels: Tensor) -> tuple[Tensor, Tensor]:
        probability = self.segmentor(image).sigmoid()
        guidance = _ETA * vessels + (1 - _ETA) * probability.float()
        share = F.avg_pool2d(guidance, self.network.patch_size).flatten(1)
        share = share / share.sum(dim=1, keepdim=True)
        return probability, looped_mask(share, mask_ratio=_MASK_RATIO, guided_share=_GUIDED_SHARE)


def _groups(network: torch.nn.Module) -> list[dict]:
    weights = [p for p in network.parameters() if p.ndim > 1]
    return [
        {"params": weights, "weight_decay": 0.05},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _patches(image: Tensor, side: int) -> Tensor:
    batch, channels, height, width = image.shape
    x = image.reshape(batch, channels, height // side, side, width // side, side)
    return torch.einsum("nchpwq->nhwpqc", x).reshape(batch, -1, side * side * channels)


def _image(patches: Tensor, side: int, like: Tensor) -> Tensor:
    batch, channels, height, width = like.shape
    x = patches.reshape(batch, height // side, width // side, side, side, channels)
    return torch.einsum("nhwpqc->nchpwq", x).reshape(like.shape)


def _reconstruct(prediction: Tensor, image: Tensor, hidden: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """L_rec, and the reconstruction I'."""
    target = _patches(image, side)
    mean, variance = target.mean(dim=-1, keepdim=True), target.var(dim=-1, keepdim=True)
    deviation = (variance + 1e-6) ** 0.5
    error = ((prediction - (target - mean) / deviation) ** 2).mean(dim=-1)
    return (error * hidden).sum() / hidden.sum(), _image(prediction * deviation + mean, side, image)
