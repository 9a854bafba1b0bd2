# SPDX-License-Identifier: Apache-2.0
"""Faults that a review found: each must stay mended."""

from __future__ import annotations

import csv
import errno
import os
import shutil
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.cli import main
from monai_ext.data.curation import CurationOptions, curate
from monai_ext.data.curation.part import plan_parts
from monai_ext.data.curation.scan_part import ScanPart, read_scan
from monai_ext.data.curation.verdict import Verdict
from monai_ext.data.records import read_records
from monai_ext.phantom import PhantomSettings, draw_angiogram

OPTIONS = CurationOptions(size=128)


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return [draw_angiogram(21, i, PhantomSettings(size=128, early_share=0.0)).image for i in range(6)]


@pytest.fixture(autouse=True)
def salt(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def save(pictures, folder: Path, suffix: str = "png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i}.{suffix}")
    return folder


def run(sources, out, **more):
    return curate(sources, out, **{"options": OPTIONS, "processes": 1, "progress": False, **more})


def verdicts(out: Path) -> Counter:
    with open(out / "manifest.csv", newline="") as file:
        return Counter(row["verdict"] for row in csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def broken_off(monkeypatch, *arguments, **options) -> None:
    """A run that ends just before its end."""
    with monkeypatch.context() as patch:
        patch.setattr(import_module("monai_ext.data.curation.curate"), "finish_corpus", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(*arguments, **options)


def test_shards_of_a_run_with_other_options_do_not_stay(pictures, tmp_path, monkeypatch):
    images, held = save(pictures, tmp_path / "images"), save(pictures[:4], tmp_path / "held")
    broken_off(monkeypatch, [images], tmp_path / "corpus", shard_frames=1)
    again = run([images], tmp_path / "corpus", exclude=[held], shard_frames=1)
    fresh = run([images], tmp_path / "fresh", exclude=[held], shard_frames=1)
    assert len(again) == 2 and contents(again.folder) == contents(fresh.folder)


def test_a_file_that_changed_after_a_kill_is_read_anew(pictures, tmp_path, monkeypatch):
    images = save(pictures, tmp_path / "images")
    broken_off(monkeypatch, [images], tmp_path / "corpus")
    save([np.clip(p.astype(int) + 20, 0, 255).astype(np.uint8) for p in pictures], images)
    corpus = run([images], tmp_path / "corpus")
    assert np.array_equal(corpus[0]["image"][0].numpy(), np.asarray(Image.open(images / "0.png")))


def test_dicom_files_among_images_hide_none_of_them(archive, pictures, tmp_path):
    images, held = save(pictures, tmp_path / "images"), save(pictures[:3], tmp_path / "held")
    for folder, stray in ((images, archive["dicom"] / "00000.dcm"), (held, archive["dicom"] / "broken.dcm")):
        shutil.copy(stray, folder)
    (held / "9.png").write_bytes((held / "0.png").read_bytes()[:300])
    corpus = run([images], tmp_path / "corpus", exclude=[held])
    assert corpus.facts["sources"]["images"]["kept"] == corpus.facts["sources"]["images"]["in evaluation set"] == 3
    assert corpus.facts["sources"]["dicom"]["kept"] > 0
    page = (corpus.folder / "report.html").read_text()
    assert "11 evaluation images cannot be read or are empty" in page  # a picture and the ten frames of a cine


def test_masks_without_an_image_are_no_frames(pictures, tmp_path):
    save(pictures[:2], tmp_path / "set" / "images")
    save(pictures, tmp_path / "set" / "masks")
    corpus = run([tmp_path / "set"], tmp_path / "corpus")
    assert verdicts(corpus.folder) == {"kept": 2}
    assert "4 labels, tables or folders of the sources are broken" in (corpus.folder / "report.html").read_text()


def test_a_broken_file_does_not_make_an_evaluation_set_of_a_source(pictures, tmp_path):
    folder = save(pictures, tmp_path / "val")
    (folder / "9.png").write_bytes(b"")
    assert verdicts(run([folder], tmp_path / "corpus").folder) == {"kept": 6, "unreadable": 1}


def test_a_strip_of_a_picture_is_too_small_not_the_end(pictures, tmp_path):
    folder = save(pictures, tmp_path / "images")
    Image.fromarray(np.tile(pictures[0][:16], (1, 550))).save(folder / "long.png")
    assert verdicts(run([folder], tmp_path / "corpus").folder) == {"kept": 6, "too small": 1}


def test_pictures_that_no_rule_can_bear_are_unreadable(pictures, tmp_path, monkeypatch):
    scan = ScanPart(tmp_path, OPTIONS)
    (part,) = plan_parts(read_records(save(pictures, tmp_path / "images")).records, None)
    judge = import_module("monai_ext.data.curation.scan_part")
    monkeypatch.setattr(judge, "judge_cine", lambda *_: 1 / 0)
    scan(part)
    rows, notes = read_scan(scan.result(part))
    assert (
        set(rows["verdict"]) == {Verdict.UNREADABLE} and "it cannot be judged (ZeroDivisionError" in notes[0]["error"]
    )


@pytest.mark.parametrize("suffix", ["pgm", "tif", "jpeg", "bmp"])
def test_every_kind_of_image_file_is_read(pictures, tmp_path, suffix):
    folder = save(pictures[:2], tmp_path / "images", suffix)
    assert verdicts(run([folder], tmp_path / "corpus").folder) == {"kept": 2}


def test_room_is_needed_for_what_is_not_written_yet(pictures, tmp_path, monkeypatch):
    images = save(pictures, tmp_path / "images")
    broken_off(monkeypatch, [images], tmp_path / "corpus")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    assert len(run([images], tmp_path / "corpus")) == 6


def test_a_share_that_is_gone_ends_the_run_and_costs_no_file(pictures, tmp_path, monkeypatch):
    scan = ScanPart(tmp_path, OPTIONS)
    (part,) = plan_parts(read_records(save(pictures, tmp_path / "images")).records, None)

    def fail(path, frames):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(import_module("monai_ext.data.curation.scan_part"), "decode_frames", fail)
    with pytest.raises(RuntimeError, match=r"the sources cannot be read \(Input/output error\); mend that") as error:
        scan(part)
    assert str(tmp_path) not in str(error.value) and not scan.is_done(part)


def test_a_folder_reached_by_a_link_counts_once(pictures, tmp_path):
    images = save(pictures, tmp_path / "images")
    (tmp_path / "link").symlink_to(images)
    (tmp_path / "other").symlink_to(images)
    options = CurationOptions(size=128, near=-1, exclude_near=-1)
    assert len(run([images, tmp_path / "link"], tmp_path / "corpus", options=options)) == 6
    with pytest.raises(ValueError, match="at least one image must lie outside of the excluded folders"):
        run([images], tmp_path / "none", exclude=[tmp_path / "other"], options=options)


def test_a_damaged_result_is_told_and_made_again(pictures, tmp_path, monkeypatch):
    images = save(pictures, tmp_path / "images")
    broken_off(monkeypatch, [images], tmp_path / "corpus")
    next((tmp_path / "corpus.work" / "scan").glob("*.npz")).write_bytes(b"torn")
    with pytest.raises(ValueError, match="damaged and is removed; run the same command again"):
        run([images], tmp_path / "corpus")
    assert len(run([images], tmp_path / "corpus")) == 6


def test_work_that_a_kill_left_beside_a_finished_corpus_goes(pictures, tmp_path):
    images = save(pictures, tmp_path / "images")
    run([images], tmp_path / "corpus")
    (tmp_path / "corpus.work" / "scan").mkdir(parents=True)
    run([images], tmp_path / "corpus")
    assert not (tmp_path / "corpus.work").exists()


def test_who_dies_while_judging_is_the_cine(pictures, tmp_path):
    scan = ScanPart(tmp_path, OPTIONS)
    (part,) = plan_parts(read_records(save(pictures, tmp_path / "images")).records, None)
    (tmp_path / f"{part.name}.at").write_text("2 3 4")
    again = scan.blame(part)
    assert again.broken[part.name] == {2, 3, 4}
    again(part)
    rows, notes = read_scan(scan.result(part))
    assert [int(row["file"]) for row in rows if row["verdict"] == Verdict.UNREADABLE] == [2, 3, 4]
    assert notes[3]["error"] == "its decoder crashed, or did not end"


def test_work_is_for_its_owner_alone(pictures, tmp_path, monkeypatch):
    broken_off(monkeypatch, [save(pictures, tmp_path / "images")], tmp_path / "corpus")
    assert (tmp_path / "corpus.work").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("format", ["folder", "dicom", "cine"])
def test_masks_of_phantoms_are_no_frames(tmp_path, format):
    out = tmp_path / "phantoms"
    frames = ["--frames", "2"] if format == "cine" else []
    assert main(["phantom", "--count", "2", "--size", "128", "--format", format, "--out", str(out), *frames]) == 0
    corpus = run([out], tmp_path / "corpus", options=CurationOptions(size=128, near=-1, keep_all=True))
    assert len(corpus) == (4 if format == "cine" else 2)


def test_a_folder_of_masks_and_a_folder_of_data_sets_are_refused(archive, pictures, tmp_path):
    save(pictures, tmp_path / "set" / "images")
    save(pictures, tmp_path / "set" / "masks")
    with pytest.raises(ValueError, match=r"its name says that it holds masks; give the folder above it, or images="):
        run([tmp_path / "set" / "masks"], tmp_path / "corpus")
    shutil.copytree(archive["dicom"], tmp_path / "all" / "cines")
    shutil.copytree(tmp_path / "set", tmp_path / "all" / "caxf")
    with pytest.raises(ValueError, match=r"holds several: caxf \(masks\), cines \(dicom\); name each of them"):
        run([tmp_path / "all"], tmp_path / "corpus")


def test_it_tells_what_it_takes_a_folder_for(archive, pictures, tmp_path):
    said = []
    run([save(pictures, tmp_path / "pictures"), archive["more"]], tmp_path / "corpus", tell=said.append)
    assert said[0] == f"{tmp_path / 'pictures'}: images, 6 frames" and len(said) == 2


def test_a_mistyped_kind_is_told_with_those_that_there_are(pictures, tmp_path):
    with pytest.raises(ValueError, match=r"kind must be one of arcade, .*, got 'dcm'"):
        run([f"dcm={save(pictures, tmp_path / 'images')}"], tmp_path / "corpus")
