# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from monai_ext.cli import main
from monai_ext.phantom import PhantomSettings, draw_angiogram


@pytest.fixture(scope="module")
def drawn():
    return [draw_angiogram(1, i, PhantomSettings(size=128)).image for i in range(3)]


@pytest.fixture
def images(tmp_path, monkeypatch, drawn):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "images"
    folder.mkdir()
    for i, picture in enumerate(drawn):
        Image.fromarray(picture).save(folder / f"{i}.png")
    Image.fromarray(np.zeros((128, 128), np.uint8)).save(folder / "3.png")
    return folder


def test_it_makes_a_corpus_and_says_what_to_look_at(images, tmp_path, capsys):
    out = tmp_path / "corpus"
    assert main(["curate", str(images), "--out", str(out), "--size", "128", "--processes", "1"]) == 0
    said = capsys.readouterr().out
    assert f"3 frames in '{out}'; dropped: 1 empty." in said and "report.html" in said and "corpus.files.csv" in said
    assert main(["curate", f"images={images}", "--out", str(out), "--size", "128"]) == 0  # told, and made before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere", "--out", "x"], "'nowhere' must be a folder of images, there is none"),
        (["{images}", "--out", "x", "--size", "100"], "size must be a multiple of 8 from 32 on, got 100"),
        (["{images}", "--out", "x", "--near", "900"], "near must lie in -1..255 bits, got 900"),
        (["{images}", "--out", "x", "--processes", "0"], "--processes must be at least 1, got 0"),
        (["{images}", "--out", "{images}/x"], "out must not lie in a source"),
        (["{images}", "--out", "x", "--exclude", "gone"], "'gone' must be a folder of images"),
        (["dicom={images}", "--out", "x"], "DICOM"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_left(options, message, images, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(["curate", *(option.format(images=images) for option in options)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and error.startswith("vasomim curate: ")
    assert [path for path in sorted(tmp_path.rglob("*")) if "config" not in path.parts] == [
        path for path in before if "config" not in path.parts
    ]


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["curate", "--help"])
    text = capsys.readouterr().out
    for words in ("--exclude", "--scheduler", "KIND=FOLDER", "OUT.files.csv", "examples", "coronary_dominance"):
        assert words in text
