# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import fields

import numpy as np
import pytest

from monai_ext.phantom import PhantomSettings, draw_angiogram


def test_settings_survive_json(tmp_path):
    settings = PhantomSettings(size=128, lesions=(1, 2), left_views=[[10, 20]])
    (tmp_path / "settings.json").write_text(json.dumps({"_desc_": "a comment", **settings.to_dict()}))
    assert PhantomSettings.read(tmp_path / "settings.json") == settings
    assert PhantomSettings.read({"size": 64}, size=96, noise=[0.01, 0.02]) == PhantomSettings(
        size=96, noise=(0.01, 0.02)
    )
    assert PhantomSettings.read() == PhantomSettings()


def test_every_setting_is_described():
    described = PhantomSettings.describe()
    assert set(described) == set(PhantomSettings().to_dict()) and all(len(text) > 10 for text in described.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 31}, "size must lie in 32 to 2048, got 31"),
        ({"size": 64.5}, "size must be a whole number, got 64.5"),
        ({"size": True}, "size must be a whole number, got True"),
        ({"bits": 17}, "bits must lie in 8 to 16, got 17"),
        ({"frames": 0}, "frames must lie in 1 to 100000, got 0"),
        ({"frame_time": float("nan")}, "frame_time must lie in 0.1 to 10000, got nan"),
        ({"contrast": [0.2, 0.1]}, r"contrast must be \[low, high\] with low <= high, got \[0.2, 0.1\]"),
        ({"contrast": 0.1}, "contrast must be a pair of numbers, got 0.1"),
        ({"contrast": [0.1, "a"]}, "contrast must be a pair of numbers"),
        ({"contrast": [-0.1, 0.1]}, "contrast must lie in 0 to inf, got -0.1, 0.1"),
        ({"hardening": 0}, "hardening must lie in 0.01 to 1000, got 0"),
        ({"blades": -0.1}, "blades must lie in 0 to inf, got -0.1"),
        ({"left_share": 1.5}, "left_share must lie in 0 to 1, got 1.5"),
        ({"left_views": []}, "left_views must be a list of pairs of angles, got"),
        ({"left_views": [[1, 2, 3]]}, "left_views must be a pair of numbers"),
        ({"left_views": [[1, 200]]}, "left_views must lie in -180 to 180, got 1, 200"),
        ({"lesions": [0, 1.5]}, "lesions must be a pair of whole numbers"),
        ({"lesion_segments": ["6", "99"]}, "lesion_segments must be names among 1, 2, .*, got"),
        ({"source_patient": [900, 1200]}, "source_detector must lie beyond source_patient"),
        ({"colour": 1}, "settings of the phantom must be fields of PhantomSettings, got colour; .* lists them"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PhantomSettings.read(change)


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_a_file_without_a_json_object_is_named(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=r"bad.json' must hold a JSON object of settings"):
        PhantomSettings.read(tmp_path / "bad.json")


RANGES = [
    name for name, value in PhantomSettings().to_dict().items()
    if isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list | str) and not name.startswith("source")
]  # fmt: skip
SHARES = [name for name in PhantomSettings().to_dict() if name.endswith("_share")]


@pytest.mark.slow
@pytest.mark.parametrize(("end", "share"), [("least", 0.0), ("most", 1.0)])
def test_angiograms_are_drawn_at_the_ends_of_all_limits(end, share):
    """Each range and each share in turn, as far as it may go (or ten times the default where it has no end)."""
    limits = {item.name: item.metadata["limits"][end == "most"] for item in fields(PhantomSettings)}
    for number, name in enumerate(RANGES):
        top = 10 * PhantomSettings().to_dict()[name][1]
        value = min(limits[name], top) if name != "lesions" else int(limits[name])
        angiogram = draw_angiogram(0, number, PhantomSettings.read({name: [value, value]}, size=48))
        assert np.ptp(angiogram.image) > 5, name
    for name in SHARES:
        assert np.ptp(draw_angiogram(0, 1, PhantomSettings.read({name: share}, size=48)).image) > 5, name
