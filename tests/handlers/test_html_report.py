# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

from ignite.engine import Engine

from monai_ext.handlers.html_report import HtmlReport
from monai_ext.handlers.write_report import write_report


def test_report_is_written_when_the_run_ends_and_can_be_made_anew(tmp_path):
    report = HtmlReport(tmp_path / "run", "A run", knobs={"weights": Path("a.pt"), "epochs": 2}, data={"images": 3})
    engine = Engine(lambda engine, batch: None)
    report.attach(engine)
    engine.run([0], max_epochs=2)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["title"] == "A run" and run["knobs"] == {"weights": "a.pt", "epochs": 2} and run["data"] == {"images": 3}
    assert run["environment"]["processes"] == 1 and run["environment"]["torch"]
    first = (tmp_path / "run" / "report.html").read_text()
    assert "A run" in first and "What was run" in first
    assert write_report(tmp_path / "run").read_text() == first
    assert not list(tmp_path.rglob("*.tmp"))


def test_nothing_is_written_before_the_end(tmp_path):
    report = HtmlReport(tmp_path, "A run")
    engine = Engine(lambda engine, batch: list(tmp_path.iterdir()) and 1 / 0)
    report.attach(engine)
    engine.run([0, 1], max_epochs=2)
    assert (tmp_path / "report.html").is_file()
