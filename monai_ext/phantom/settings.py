# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF009  (`_about` makes a dataclass field)
from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .check_setting import check_setting
from .segments import SEGMENTS

__all__ = ["PhantomSettings"]

Range = tuple[float, float]


def _about(default: Any, doc: str, least: float = 0.0, most: float = float("inf")) -> Any:
    """A field, what it means, and between which numbers its own must lie."""
    return field(default=default, metadata={"doc": doc, "limits": (least, most)})


@dataclass(frozen=True, kw_only=True)
class PhantomSettings:
    """All that decides how synthetic angiograms look.

    A pair of numbers is a range from which every angiogram draws evenly; a `_share` is a probability. `describe` says what each field means.

    Raises:
        ValueError: if a value has the wrong shape, a range runs backwards, or a share lies outside 0 to 1.
    """

    # the image
    size: int = _about(512, "rows and columns of the image, pixels, 32 to 2048", 32, 2048)
    bits: int = _about(8, "bits stored in a pixel, 8 to 16", 8, 16)
    frames: int = _about(60, "frames of a cine", 1, 100_000)
    frame_time: float = _about(100.0, "milliseconds between the frames of a cine", 0.1, 10_000)
    # the C-arm
    left_views: tuple[Range, ...] = _about(
        ((-25, -25), (0, -30), (45, -30), (-20, 30), (0, 35), (40, 25), (-30, 5)),
        "views of the left artery: primary angle (LAO positive) and secondary angle (cranial positive), degrees",
    )
    right_views: tuple[Range, ...] = _about(
        ((40, 0), (30, 20), (0, 25), (-30, 5)), "views of the right artery, as left_views"
    )
    view_spread: float = _about(8.0, "standard deviation of both angles about a view, degrees")
    field_width: Range = _about((105, 150), "width of what the image shows, at the heart, millimetres", 20, 500)
    source_detector: Range = _about(
        (950, 1150), "distance from the X-ray source to the detector, millimetres", 500, 3000
    )
    source_patient: Range = _about((700, 800), "distance from the X-ray source to the heart, millimetres", 400, 2000)
    off_centre: float = _about(
        0.10, "farthest that the middle of the tree lies from the middle of the image, share of its width"
    )
    # the tree
    left_share: float = _about(0.6, "share of angiograms of the left artery")
    left_dominance_share: float = _about(
        0.12,
        "share of the patients seen from the left artery in whom it feeds the inferior wall too; of those seen from the right one 0.3 times as many",
    )
    heart_length: Range = _about((100, 128), "base to apex, millimetres", 40, 200)
    heart_radius: Range = _about((45, 57), "of the base, millimetres", 20, 100)
    calibre: Range = _about((0.9, 1.3), "radii of all arteries, relative to the mean anatomy", 0.1, 5)
    tortuosity: Range = _about((0.5, 3.6), "size of the bends of named arteries, millimetres")
    side_branch_spacing: Range = _about((5, 16), "mean distance between side branches, millimetres", 1, 1000)
    thinnest: Range = _about(
        (0.13, 0.3), "radius at which side branches end, millimetres; 0.13 is half a pixel at 512", 0.01, 2
    )
    roughness: Range = _about((0.0, 0.05), "uneven walls: relative standard deviation of the radius", 0, 0.5)
    # disease
    lesions: tuple[int, int] = _about(
        (0, 4), "stenoses of an angiogram at most, both ends included; fewer where no place is found", 0, 50
    )
    lesion_segments: tuple[str, ...] = _about(SEGMENTS, "SYNTAX names of the segments that may have stenoses")
    lesion_reduction: Range = _about(
        (25, 95), "reduction of the diameter by a stenosis that is no occlusion, per cent", 0, 99
    )
    lesion_length: Range = _about(
        (4, 20),
        "length of a stenosis, millimetres; at least nine radii times its reduction, so that its walls are not too steep",
        0.5,
        100,
    )
    occlusion_share: float = _about(0.06, "share of stenoses that are total occlusions")
    # contrast and motion
    faintest: float = _about(0.008, "vessels are labelled where contrast darkens them by so much, share of white")
    contrast: Range = _about((0.07, 0.17), "attenuation by a millimetre of filled vessel, nepers")
    hardening: float = _about(
        0.9,
        "attenuation by contrast that rays tend to however long their path: thick vessels harden the beam, nepers",
        0.01,
        1000,
    )
    flow_speed: Range = _about((120, 260), "speed of the contrast along an artery, millimetres a second", 10, 5000)
    injection: Range = _about((2.0, 4.0), "duration of the injection, seconds", 0.1, 60)
    early_share: float = _about(0.08, "share of single frames taken before the contrast has reached all ends")
    reflux_share: float = _about(0.35, "share of angiograms with contrast flowing back into the aorta")
    heart_rate: Range = _about((55, 100), "beats a minute", 20, 250)
    contraction: Range = _about((0.06, 0.16), "shortening of the heart's radius in systole, relative", 0, 0.5)
    breathing: Range = _about((0, 8), "movement of the heart with the breath, millimetres, head to feet")
    # the thorax
    heart_shadow: Range = _about((0.05, 0.55), "attenuation of the heart against the lungs, nepers")
    lung: Range = _about((0.1, 0.9), "how much less the free lung beside heart and chest wall takes, nepers")
    spine: Range = _about((0.05, 0.35), "attenuation of the vertebrae, nepers")
    ribs: Range = _about((0.01, 0.05), "attenuation of a rib, nepers")
    diaphragm: Range = _about((0.06, 0.45), "attenuation of a dome of the diaphragm, nepers")
    lung_mottle: Range = _about((0.025, 0.10), "cloudy texture of the lungs, nepers")
    lung_vessels: Range = _about((0.01, 0.06), "fine lines of the lungs' vessels, nepers")
    tissue: Range = _about((0.04, 0.14), "slow changes of soft tissue, nepers")
    # instruments
    catheter_radius: Range = _about((0.7, 1.15), "of the catheter, millimetres (4 to 6 French)")
    catheter: Range = _about((0.12, 0.3), "attenuation by a millimetre of filled catheter, nepers")
    guide_wire_share: float = _about(0.15, "share of angiograms with a wire in an artery")
    lead_share: float = _about(0.25, "share with leads of a pacemaker or of the ECG, or a pacing catheter")
    sternal_wire_share: float = _about(0.1, "share with sternal wires")
    clip_share: float = _about(0.1, "share with surgical clips")
    # the detector
    scatter: Range = _about((0.1, 0.9), "scattered relative to primary light")
    blur: Range = _about((0.5, 1.1), "standard deviation of the detector's blur, pixels at 512")
    noise: Range = _about(
        (0.0075, 0.0195),
        "standard deviation of quantum noise as the display shows it at the mean brightness, share of white",
    )
    noise_grain: Range = _about((0.45, 0.75), "standard deviation of the blur of the noise, pixels", 0.2, 3)
    fall_off: Range = _about((0.0, 0.25), "loss of light in the corners, relative", 0, 0.9)
    # the display
    curve: Range = _about(
        (0.0, 0.8), "exponent of the look-up curve: 0 shows the logarithm of the light, 1 the light", 0, 1
    )
    brightness: Range = _about((0.30, 0.60), "mean grey of the background, share of white", 0, 1)
    gain: Range = _about((0.5, 1.1), "slope of the display, share of white by neper", 0.01, 10)
    spread: float = _about(0.2, "largest standard deviation of the background's grey, share of white", 0.01, 1)
    compression: Range = _about((0.0, 0.6), "share of slow changes that the display takes away", 0, 0.9)
    sharpening_share: float = _about(0.5, "share of angiograms with edge enhancement")
    sharpening: Range = _about((0.2, 0.8), "strength of the edge enhancement")
    blades_share: float = _about(0.5, "share of angiograms with blades of the collimator at the border")
    blades: float = _about(0.02, "mean distance that a blade reaches in, share of the image's width")

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, check_setting(item, getattr(self, item.name)))
        if self.source_detector[0] <= self.source_patient[1]:
            raise ValueError(
                "source_detector must lie beyond source_patient, the patient before the detector, got "
                f"{list(self.source_detector)} and {list(self.source_patient)}."
            )

    @classmethod
    def read(cls, source: str | os.PathLike[str] | Mapping[str, Any] | None = None, **changes: Any) -> PhantomSettings:
        """Settings over the defaults.

        Args:
            source: a JSON file or a mapping of some of the fields; names that begin with `_` are comments.
            changes: over both.

        Raises:
            ValueError: for a file that is no JSON object, an unknown name, or a bad value.
        """
        given = dict(source) if isinstance(source, Mapping) else _read_json(source) if source else {}
        given = {name: value for name, value in (given | changes).items() if not name.startswith("_")}
        unknown = sorted(set(given) - set(cls.describe()))
        if unknown:
            raise ValueError(
                f"settings of the phantom must be fields of PhantomSettings, got {', '.join(unknown)}; "
                "`vasomim phantom --describe` lists them."
            )
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """JSON values, for `read`."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def describe(cls) -> dict[str, str]:
        """Name -> what it means and in which unit."""
        return {item.name: item.metadata["doc"] for item in fields(cls)}


def _read_json(file: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return dict(json.loads(Path(file).read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"'{file}' must hold a JSON object of settings, got none: {error}.") from error
