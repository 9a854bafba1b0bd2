# SPDX-License-Identifier: Apache-2.0
"""Names of files and strings of DICOM headers are written by strangers: they become text on pages, in tables, logs and terminals, and never anything else
(docs/security.md)."""

from __future__ import annotations

import csv
import logging
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_prediction import predict, small_weights

from monai_ext.data import find_angiograms, readable_images

HTML = "<img src=x onerror=alert(1)>&quot;'\"<script>alert(2)</script><!--"
HTML_NAME = HTML.replace("/", "\\")  # the one sign that no file name has; a path has it
CLOSING = "x</script><script>alert(3)<!--"
TERMINAL = "\x1b[2J\x1b]0;owned\x07\n2026-01-01 ERROR forged line\u202egnp"
FORMULA = '=HYPERLINK("http:evil.example","1")'


class Page(HTMLParser):
    """What a browser would run or fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts, self.handlers, self.places, self._script = [], [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes) -> None:
        self._script = tag == "script"
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.places += [
            value or "" for name, value in attributes if name in ("src", "href", "action", "data", "srcset")
        ]

    def handle_endtag(self, tag) -> None:
        self._script = False

    def handle_data(self, data) -> None:
        self.scripts += [data] if self._script else []


def draw(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(path, format="PNG")
    return path


@pytest.fixture
def found(tmp_path, capfd, caplog):
    """Predicts on a folder; returns the exit code, what was said, and the folder of results."""
    caplog.set_level(logging.DEBUG)

    def predict_on(folder: Path, *options: str) -> tuple[int, str, Path]:
        code = predict(folder, tmp_path / "out", small_weights(tmp_path / "model.pt"), *options)
        said = capfd.readouterr()
        return code, said.out + said.err, tmp_path / "out"

    return predict_on


def pages(folder: Path) -> list[Page]:
    return [Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))]


def test_the_reader_of_pages_sees_what_a_browser_would_run():
    """The tests below are worth something."""
    page = Page(f"<p>{HTML}")
    assert page.scripts == ["alert(2)"] and page.handlers == ["onerror"] and page.places == ["x"]


@pytest.mark.parametrize("name", [HTML, HTML_NAME, CLOSING, "' onload=alert(4) x='", "{{constructor}}${1}`"])
def test_a_file_name_on_a_page_of_a_cine_is_text(name, found, tmp_path):
    draw(tmp_path / "in" / f"{name}.png")
    draw(tmp_path / "plain" / "1.png")
    plain = tmp_path / "of_plain"
    assert predict(tmp_path / "plain", plain, small_weights(tmp_path / "model.pt"), "--format", "json") == 0
    code, said, out = found(tmp_path / "in", "--format", "json")
    assert code == 0, said
    (page,), (expected,) = pages(out), pages(plain)
    assert page.handlers == expected.handlers and len(page.scripts) == len(expected.scripts)
    assert page.places == expected.places or all(place.startswith(("data:", "#")) for place in page.places)
    assert not any(re.search(r"</script>", script, re.I) for script in page.scripts)


def test_strings_of_a_dicom_header_are_on_no_page(found, tmp_path):
    pytest.importorskip("pydicom")
    from secret_cine import write_secret_cine

    write_secret_cine(tmp_path / "in" / "1.dcm", SeriesDescription=HTML[:60], StudyID="<b>", ProtocolName=HTML[:60])
    code, said, out = found(tmp_path / "in", "--format", "json,csv")
    assert code == 0, said
    assert not any("onerror=alert" in path.read_text("utf-8") for path in out.rglob("*.*") if path.is_file())


def test_a_file_name_is_no_formula_of_a_table(found, tmp_path):
    draw(tmp_path / "in" / f"{FORMULA.replace('/', '')}.png")
    code, said, out = found(tmp_path / "in", "--format", "csv", "--no-viewer")
    assert code == 0, said
    (table,) = out.rglob("*.csv")
    rows = list(csv.reader(table.open(encoding="utf-8")))
    assert len(rows) > 1 and not [cell for row in rows for cell in row if re.match(r"[=@+\t\r]|-(?![\d.])", cell)]


def test_a_file_name_forges_no_line_and_moves_no_terminal(found, tmp_path, caplog):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{TERMINAL}.png").write_bytes(b"broken")
    draw(tmp_path / "in" / "1.png")
    code, said, _ = found(tmp_path / "in", "--format", "json", "--no-viewer")
    assert code == 3
    assert r"\x1b[2J" in said and "\x1b[2J" not in said.replace("\x1b[A", "")
    assert not any(line.startswith("2026-01-01 ERROR") for line in [*said.splitlines(), *caplog.text.splitlines()])
    assert "\u202e" not in said and "\x07" not in said


def test_file_names_in_logs_of_bundles_are_on_one_line(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    (tmp_path / f"{TERMINAL}.png").write_bytes(b"broken")
    draw(tmp_path / "1.png")
    find_angiograms(tmp_path)
    readable_images(sorted(tmp_path.iterdir()))
    assert caplog.text.count("left out") == 2 and r"\x1b[2J" in caplog.text
    assert not any(sign in caplog.text for sign in ("\x1b", "\x07", "\u202e", "\n2026-01-01"))


@pytest.mark.slow
def test_a_file_name_on_the_pages_of_a_corpus_is_text(tmp_path, capfd):
    """Frames there are named by keys; only folders given by the user show, and the options."""
    from monai_ext.cli import main

    for number in range(3):
        values = np.random.default_rng(number).integers(0, 255, (96, 96), dtype=np.uint8)
        path = tmp_path / HTML_NAME[:60] / f"{number}{HTML_NAME[:60]}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(values).save(path, format="PNG")
    main(["curate", str(tmp_path / HTML_NAME[:60]), "--keep-all", "--out", str(tmp_path / "corpus")])
    said = capfd.readouterr()
    found = pages(tmp_path / "corpus")
    assert found, said.err
    for page in found:
        assert not page.handlers and not any("alert" in script for script in page.scripts)
        assert all(place.startswith(("data:", "#")) for place in page.places)
