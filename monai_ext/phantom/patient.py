# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy import ndarray
from numpy.random import PCG64, Generator, SeedSequence

from .angiogram import Angiogram
from .background import draw_background
from .camera import Camera
from .carm import CArm
from .enlarge import enlarge
from .filling import Filling
from .heart import Heart
from .instruments import draw_instruments
from .labels import centrelines_of, judged_segments, stenoses_of
from .lesions import draw_lesions, open_radii
from .motion import Motion
from .reflux import draw_reflux
from .seen_tree import SeenTree
from .settings import PhantomSettings
from .tree import coronary_tree

__all__ = ["Patient"]

_SOFT = 256  # pixels: tissue holds nothing finer than this grid shows
_TISSUE, _TOOLS, _NOISE, _REFLUX = 6, 7, 8, 9  # keys of generators, after those of the six parts that are drawn once


class Patient:
    """One patient on the table, of whom frames are shot.

    What does not move is drawn once; what moves is drawn for each frame, from the same random numbers.

    Args:
        seed: of the data set, >= 0.
        index: of the patient, >= 0.
        settings: ranges.

    Raises:
        ValueError: if seed or index is negative.
    """

    def __init__(self, seed: int, index: int, settings: PhantomSettings) -> None:
        if seed < 0 or index < 0:
            raise ValueError(f"seed and index must be >= 0, got {seed} and {index}.")
        self.settings, self._entropy = settings, [seed, index]
        body, disease, scene, flow, motion, camera = (self._generator(part) for part in range(_TISSUE))
        self.heart = Heart(length=body.uniform(*settings.heart_length), radius=body.uniform(*settings.heart_radius))
        self.side = "left" if body.random() < settings.left_share else "right"
        share = settings.left_dominance_share * (
            1.0 if self.side == "left" else 0.3
        )  # a small right artery is rarely filled
        self.dominance = "left" if body.random() < share else "right"
        self.tree = coronary_tree(body, self.heart, self.side, self.dominance, settings)
        self.lesions = draw_lesions(disease, self.tree, settings)
        self.radii = open_radii(self.tree, self.lesions)
        self.filling = Filling(flow, self.tree, settings)
        self.motion = Motion(motion, self.heart, settings)
        self.carm = self._position(scene)
        self.density = scene.uniform(*settings.contrast)
        self.camera = Camera(camera, settings.size, settings)

    def _generator(self, *key: int) -> Generator:
        """A generator of its own for each part, so that another range of one part leaves the others as they are."""
        return Generator(PCG64(SeedSequence(self._entropy, spawn_key=key)))

    def _position(self, rng: Generator) -> CArm:
        """A view, and a table position that keeps the tree in the picture."""
        settings = self.settings
        views = settings.left_views if self.side == "left" else settings.right_views
        primary, secondary = np.array(views[rng.integers(len(views))]) + rng.normal(0, settings.view_spread, 2)
        detector, patient = rng.uniform(*settings.source_detector), rng.uniform(*settings.source_patient)
        geometry = (
            float(primary),
            float(secondary),
            detector,
            patient,
            rng.uniform(*settings.field_width),
            settings.size,
        )
        place, _, _ = CArm(*geometry, (0.0, 0.0)).project(np.concatenate([branch.points for branch in self.tree]))
        middle = (place.min(0) + place.max(0)) / 2 / settings.size
        low, high = 0.5 - settings.off_centre, 0.5 + settings.off_centre
        row, column = rng.uniform(low, high, 2) - middle
        return CArm(*geometry, (float(row), float(column)))

    def shoot(self, frame: int | None = None, *, contrast: bool = True) -> Angiogram:
        """One frame.

        Args:
            frame: of the cine, from 0; None for the single frame of `draw_angiogram`, taken when the tree is well filled.
            contrast: False for the same picture without contrast in the vessels, with the same labels.
        """
        time = self.filling.best_time if frame is None else frame * self.settings.frame_time / 1000
        points, filling = self._moved(time), self.filling.at(time)
        seen = SeenTree(self.tree, points, self.radii, filling, self.carm)
        reflux = draw_reflux(self._generator(_REFLUX), self.carm, points[0][0], self.settings) * filling[0][0]
        background, catheter = self._background(time)
        noise = self._generator(_NOISE, 0 if frame is None else frame + 1)
        filled, bare = self.camera.shoot(background, self._hardened((seen.depth + reflux) * self.density), noise)
        darker = self.camera.field & (bare - filled >= max(1.0, self.settings.faintest * (2**self.settings.bits - 1)))
        segments = np.where(darker, seen.segments, 0).astype(np.uint8)
        return Angiogram(
            image=self._stored(filled if contrast else bare),
            tree=seen.mask & darker,
            segments=segments,
            catheter=catheter & self.camera.field,
            judged=judged_segments(seen, segments, self.side, self.carm.secondary),
            stenoses=stenoses_of(self.lesions, seen, self.camera.field),
            centrelines=centrelines_of(seen),
            primary_angle=self.carm.primary,
            secondary_angle=self.carm.secondary,
            source_detector=self.carm.source_detector,
            source_patient=self.carm.source_patient,
            pixel_spacing=self.carm.pixel_spacing,
            side=self.side,
            dominance=self.dominance,
            time=time,
            bits=self.settings.bits,
        )

    def _hardened(self, attenuation: ndarray) -> ndarray:
        """What is left of the contrast's attenuation behind contrast: the soft rays are gone."""
        return self.settings.hardening * (1 - np.exp(-attenuation / self.settings.hardening))

    def _moved(self, time: float) -> list[ndarray]:
        """Points of each branch at a time."""
        counts = np.cumsum([len(branch.points) for branch in self.tree])
        points = self.motion.move(np.concatenate([branch.points for branch in self.tree]), time)
        return np.split(points, counts[:-1])

    def _large_artery(self) -> ndarray:
        """From the ostium through the first artery to the end of the longest that continues it, at rest."""
        stem = self.tree[0].points
        after = [b.points for b in self.tree if b.parent == 0 and b.origin == len(stem) - 1]
        return np.concatenate([stem, max(after, key=len)]) if after else stem

    def _background(self, time: float) -> tuple[ndarray, ndarray]:
        """Attenuation of all but the filled vessels, nepers; and where the catheter is."""
        grid = replace(self.carm, size=min(self.carm.size, max(_SOFT, self.carm.size // 2)))
        tissue = draw_background(
            self._generator(_TISSUE), grid, self.heart, self.settings, lift=self.motion.lift(time),
            squeeze=self.motion.contraction * self.motion.systole(time),
        )  # fmt: skip
        metal, catheter = draw_instruments(
            self._generator(_TOOLS),
            self.carm,
            self._large_artery(),
            lambda points: self.motion.move(points, time),
            self.settings,
        )
        return enlarge(tissue, self.carm.size) + metal, catheter

    def _stored(self, grey: ndarray) -> ndarray:
        return np.floor(np.clip(grey, 0, 2**self.settings.bits - 1) + 0.5).astype(
            np.uint8 if self.settings.bits == 8 else np.uint16
        )
