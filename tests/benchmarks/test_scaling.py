# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scaling import main

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "scaling.py"


def run(*words: str) -> str:
    done = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_what_is_measured_makes_the_table(tmp_path):
    """Steps of one process and of two; the ends of the micro-batches are met, whatever they are."""
    file = tmp_path / "measured.json"
    small = [
        "--model",
        "tiny",
        "--image_size",
        "32",
        "--micro_batches",
        "1",
        "2",
        "--frames",
        "512",
        "--processes",
        "2",
    ]
    run("measure", "--out", str(file), "--folder", str(tmp_path), *small)
    measured = json.loads(file.read_text())
    assert [row["micro_batch"] for row in measured["steps"]] == [1, 2, 2] and measured["together"][0]["processes"] == 2
    assert measured["checkpoint"]["bytes"] > 2 * measured["gradient_bytes"] > 0
    said = run("table", str(file), "--gpus", "1", "8")
    assert re.search(r"\| 1 x 1 images \| \S+ \| \S+ \| [+-]0.0 % \|", said) and "step of 2 processes" in said
    assert re.search(r"^\| 8 \| 1 x 256 \| \d+ ms ", said, re.M) and not list(tmp_path.glob("tmp*"))


@pytest.mark.parametrize("name", ["cpu", "h200", "h200_compiled"])
def test_a_file_of_measurements_that_ships_makes_the_table(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scaling.py", "table", str(SCRIPT.parent / "measured" / f"{name}.json")])
    main()
    said = capsys.readouterr().out
    assert re.findall(r"^\| (\d+) \| \d+ x \d+ \|", said, re.M) == ["1", "8", "64"]
