# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from monai_ext.phantom import PhantomSettings


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
        ({"size": 31}, "size must be 32 to 2048 pixels, got 31"),
        ({"size": 64.5}, "size must be a number like 512, got 64.5"),
        ({"bits": 17}, "bits must be 8 to 16, got 17"),
        ({"frames": 0}, "frames and frame_time must be positive, got 0"),
        ({"contrast": [0.2, 0.1]}, r"contrast must be \[low, high\] with 0 <= low <= high, got \[0.2, 0.1\]"),
        ({"contrast": 0.1}, "contrast must be a pair of numbers, got 0.1"),
        ({"contrast": [0.1, "a"]}, "contrast must be a pair of numbers"),
        ({"hardening": 0}, "hardening must be positive, got 0"),
        ({"blades": -0.1}, "blades must not be negative, got -0.1"),
        ({"left_share": 1.5}, "left_share must lie in 0 to 1, got 1.5"),
        ({"left_views": []}, "left_views must be a list of pairs, got"),
        ({"left_views": [[1, 2, 3]]}, "left_views must be a pair of numbers"),
        ({"lesions": [0, 1.5]}, "lesions must be two whole numbers"),
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
