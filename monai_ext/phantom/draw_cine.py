# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

from .angiogram import Angiogram
from .patient import Patient
from .settings import PhantomSettings

__all__ = ["draw_cine"]


def draw_cine(seed: int, index: int, settings: PhantomSettings | None = None) -> Iterator[Angiogram]:
    """The cine of the patient of whom `draw_angiogram` shows one moment: contrast flows in, the heart beats, the chest breathes.

    Args:
        seed: of the data set, >= 0.
        index: of the cine, >= 0.
        settings: the default ones if left out; `frames` and `frame_time` give number and distance of the frames.

    Yields:
        The frames; one is held at a time.
    """
    settings = settings or PhantomSettings()
    patient = Patient(seed, index, settings)
    for frame in range(settings.frames):
        yield patient.shoot(frame)
