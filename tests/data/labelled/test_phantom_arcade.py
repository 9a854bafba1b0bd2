# SPDX-License-Identifier: Apache-2.0
import importlib

import numpy as np
import pytest

from monai_ext.data import read_grey
from monai_ext.data.labelled import phantom_arcade
from monai_ext.data.records import read_label, read_records
from monai_ext.phantom import PhantomSettings, draw_angiogram


def pictures(folder):
    return [read_grey(path) for path in sorted(folder.glob("syntax/*/images/*.png"))]


def test_images_and_segments_are_those_of_the_phantoms(arcade, global_rng_untouched):
    assert len(pictures(arcade)) == 4
    phantom = draw_angiogram(0, 1, PhantomSettings(size=64))
    record = next(r for r in read_records(arcade).records if r.path.match("syntax/train/images/2.png"))
    assert np.array_equal(read_grey(record.path), phantom.image) and record.split == "train"
    drawn = read_label(record, "segments", (64, 64))
    assert (drawn > 0).any() and (drawn == phantom.segments)[drawn > 0].mean() > 0.9


def test_what_was_drawn_is_kept(arcade, phantom_cache):
    before = {file: file.stat().st_mtime_ns for file in phantom_cache.rglob("*")}
    assert phantom_arcade(4, "train", size=64, cache_dir=phantom_cache) == arcade
    assert {file: file.stat().st_mtime_ns for file in phantom_cache.rglob("*")} == before


@pytest.mark.parametrize("other", [{"split": "val"}, {"split": "test"}, {"seed": 1}])
def test_other_splits_and_seeds_have_other_angiograms(arcade, tmp_path, other):
    folder = phantom_arcade(1, **{"split": "train", "size": 64, "cache_dir": tmp_path, **other})
    (one,) = pictures(folder)
    assert one.shape == (64, 64) and not any(np.array_equal(one, picture) for picture in pictures(arcade))
    assert {record.split for record in read_records(folder).records} == {other.get("split", "train")}


def test_the_cache_may_be_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VASOMIM_CACHE", str(tmp_path / "cache"))
    assert phantom_arcade(1, size=64).parent == tmp_path / "cache"


def test_a_drawing_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(seed, index, settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("monai_ext.data.labelled.phantom_arcade"), "draw_angiogram", fail)
    with pytest.raises(KeyboardInterrupt):
        phantom_arcade(1, size=64, cache_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="phantom_count must be at least 1, got 0"):
        phantom_arcade(0, cache_dir=tmp_path)
    with pytest.raises(ValueError, match="split must be one of train, val, test for synthetic angiograms, got 'all'"):
        phantom_arcade(1, "all", cache_dir=tmp_path)
