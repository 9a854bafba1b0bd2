# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from monai_ext.handlers.write_report import write_report

CURVES = """epoch,loss,reconstruction,consistency,hidden_vessel_share,vessel_patch_share,guided_share,seconds,images_per_second
1,2.0,1.5,0.5,0.20,0.2,0.0,60,100
2,1.0,0.9,0.1,0.30,0.2,0.5,60,110
"""


def whole_folder(folder):
    (folder / "curves.csv").write_text(CURVES)
    (folder / "metrics.json").write_text(
        json.dumps({"vessel_dice": {"mean": 0.71234567, "std": 0.1, "n": 50}, "context": {"seed": 0}})
    )
    run = {"title": "A run", "knobs": {"eta": 0.5, "resume": True}, "data": {"images": 1234, "skipped": ["a.png"]}}
    (folder / "run.json").write_text(json.dumps(run | {"environment": {"torch": "2"}}))
    Image.new("RGB", (8, 8)).save(folder / "reconstructions.png")


class Page(HTMLParser):
    """Headings, tags and what they point to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.headings, self._open = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        self._open = tag

    def handle_data(self, data):
        if self._open == "h2":
            self.headings.append(data)
        self._open = None


def test_whole_report_holds_every_section_and_its_pictures(tmp_path):
    whole_folder(tmp_path)
    text = write_report(tmp_path).read_text()
    page = Page(text)
    assert page.headings == [
        "Losses",
        "Does the mask find the vessels?",
        "Reconstructions",
        "Evaluation",
        "Evaluated",
        "What was run",
        "Data",
        "Environment",
    ]
    for shown in ("0.7123 ± 0.1", "20 → 30 %", "-50 % from epoch 1", "2 min", "1234", "a.png", "true"):
        assert shown in text
    assert (tmp_path / "loss_curves.png").is_file() and (tmp_path / "hidden_vessel_share.png").is_file()


def test_report_needs_nothing_from_elsewhere_and_no_script(tmp_path):
    whole_folder(tmp_path)
    text = write_report(tmp_path).read_text()
    page = Page(text)
    assert len(page.sources) == 3 and all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert not re.search(r"https?://|url\(|@import", text)


def test_every_string_is_escaped(tmp_path):
    evil = "<script>alert('x')</script>&"
    values = {evil: evil, "list": [evil], "dict": {evil: [evil]}}
    run = {"title": evil, "finished": evil, "knobs": values, "data": values, "environment": values}
    (tmp_path / "run.json").write_text(json.dumps(run))
    (tmp_path / "metrics.json").write_text(
        json.dumps({evil: {"mean": evil, "std": evil, "n": evil}, "context": values})
    )
    text = write_report(tmp_path).read_text()
    assert "<script" not in text and "&amp;" in text


def test_empty_folder_still_gives_a_page(tmp_path):
    page = Page(write_report(tmp_path).read_text())
    assert page.headings == [] and "h1" in page.tags
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_segmentor_curves_without_masks_have_no_vessel_share(tmp_path):
    (tmp_path / "curves.csv").write_text("epoch,loss,learning_rate,seconds,images_per_second\n1,0.5,0.001,2,10\n")
    assert Page(write_report(tmp_path).read_text()).headings == ["Losses"]


def test_segmentation_has_intervals_classes_and_overlays(tmp_path):
    dice = {"mean": 0.81234567, "std": 0.1, "n": 50, "ci95": [0.79, 0.8345678]}
    classes = {"9a": {"n": 3, "dice": 0.54321987, "hd95": 12.3456789}, "<b>": {"n": 0}}
    context = {"threshold": 0.4}
    (tmp_path / "metrics.json").write_text(json.dumps({"dice": dice, "classes": classes, "context": context}))
    Image.new("RGB", (8, 8)).save(tmp_path / "overlays.png")
    text = write_report(tmp_path).read_text()
    assert Page(text).headings == ["Evaluation", "Evaluation by class", "Overlays", "Evaluated"]
    assert "drawn with replacement" not in text
    assert "<th>Dice</th><td>0.8123 ± 0.1</td><td>0.79 to 0.8346</td><td>50</td>" in text
    assert "<th>class</th><th>Dice</th><th>HD95 (px)</th><th>images</th>" in text
    assert "<th>9a</th><td>0.5432</td><td>12.35</td><td>3</td>" in text
    assert "<th>&lt;b&gt;</th><td>–</td><td>–</td><td>0</td>" in text


def test_detection_has_its_curve_its_pictures_and_names_of_its_measures(tmp_path):
    (tmp_path / "curves.csv").write_text("epoch,loss,validation_mAP50\n1,2.0,\n2,1.5,0.25\n3,1.0,0.5\n")
    measured = {"mean": 0.81234567, "std": 0.05, "n": 50, "ci95": [0.7, 0.9]}
    (tmp_path / "metrics.json").write_text(json.dumps({"mAP": measured, "sensitivity_0.5fp": measured, "f1": measured}))
    Image.new("RGB", (8, 8)).save(tmp_path / "detections.png")
    text = write_report(tmp_path).read_text()
    assert Page(text).headings == ["Losses", "Validation", "Evaluation", "Detections"]
    assert "<th>sensitivity at 0.5 false positives an image</th><td>0.8123 ± 0.05</td><td>0.7 to 0.9</td>" in text
    assert "<th>mAP, overlaps 0.50 to 0.95</th>" in text and "<th>F1</th>" in text
    assert "sets of images drawn with replacement" in text and (tmp_path / "validation_curve.png").is_file()


def test_long_list_of_skipped_files_is_cut(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"data": {"skipped": [f"{i}.png" for i in range(50)]}}))
    text = write_report(tmp_path).read_text()
    assert "19.png" in text and "20.png" not in text and "and 30 more" in text


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "metrics.json").write_text("{torn")
    with pytest.raises(ValueError, match=r"metrics\.json' must be JSON"):
        write_report(tmp_path)
    (tmp_path / "metrics.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"metrics\.json' must hold a JSON object, got list"):
        write_report(tmp_path)
    (tmp_path / "metrics.json").unlink()
    (tmp_path / "curves.csv").write_text("epoch,loss\n1,much\n")
    with pytest.raises(ValueError, match=r"curves\.csv' must hold numbers"):
        write_report(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        write_report(tmp_path / "nothing")
