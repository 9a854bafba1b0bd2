# SPDX-License-Identifier: Apache-2.0
import shlex
import shutil

import pytest
from made_cell import BUNDLE, finish, make_cell

from monai_ext.cli import main
from monai_ext.cli.few_label_manifest import FewLabelManifest

COMMAND = ["experiment", "few-label"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "encoder.pt").write_bytes(b"weights")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    return tmp_path


BAD = {
    "--weights encoder.pt": "--weights must be none, unet or NAME=FILE, got 'encoder.pt'",
    "--weights a=encoder.pt a=encoder.pt": "--weights must have different names, got 'a' twice",
    "--weights none --fractions 0.1 0": "--fractions must be above 0 and at most 1, got 0.",
    "--weights none --fractions 10": "--fractions must be above 0 and at most 1, got 10.",
    "--weights none --seeds 0 -1": "--seeds must be at least 0, got -1.",
    "--weights none --jobs 0": "--jobs must be at least 1, got 0.",
    "--weights none --epochs 0": "--epochs must be at least 1, got 0.",
    "--weights none --knob tiny": "--knob must be NAME=VALUE, got 'tiny'.",
    "--weights none --knob epochs=3": "--knob must not be 'epochs'",
    "--weights none --dataset_dir gone": "--dataset_dir must be a folder of images with labels",
    "--weights none --bundle gone": "--bundle must be the segmentation bundle",
    "--weights none --out full": "--out must be a new folder or one of this experiment",
    "--weights none --out encoder.pt/a": "--out must be a folder that can be written",
}


@pytest.mark.parametrize("options", BAD)
def test_what_is_wrong_is_said_in_one_line_before_anything_is_written(options, here, capsys):
    before = sorted(here.rglob("*"))
    assert main([*COMMAND, "--out", "new", *options.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vasomim experiment few-label: ") and BAD[options] in line
    assert sorted(here.rglob("*")) == before


def test_finished_trainings_are_not_repeated_and_paths_stand_as_typed(here, capsys):
    """Both are there, so no process is started, which would take a minute and find no image."""
    typed = "vasomim experiment few-label --task vessel --split test --weights none unet --fractions 0.1 --seeds 0"
    typed += " --epochs 40 --knob model=tiny --out runs/a"
    cells = [make_cell(here / "runs/a", name, split="test", knobs={"model": "tiny"}) for name in ("none", "unet")]
    FewLabelManifest(here / "runs/a", cells[0].plan).add(cells[:1], typed)
    for cell in cells:
        finish(cell, dice=0.5)
    assert main(shlex.split(typed)[1:]) == 0
    assert not list(here.rglob("checkpoint.pt"))  # a kill had left them
    table = (here / "runs/a/table.md").read_text()
    assert f"```\n{typed}\n```" in table and "| unet | 0.500 (+0.000) |" in table
    said = capsys.readouterr().out
    assert table in said and "Open 'runs/a/few_label.png'" in said


def test_another_bundle_is_in_the_command(here):
    shutil.copytree(BUNDLE / "configs", here / "b" / "configs")
    cell = make_cell(here / "a")
    FewLabelManifest(here / "a", cell.plan).add([cell], "before")
    finish(cell)
    assert main([*COMMAND, "--weights", "none", "--fractions", "0.1", "--bundle", "b", "--out", "a"]) == 0
    assert "--bundle b --out a\n" in (here / "a" / "table.md").read_text()


@pytest.mark.parametrize(
    ("given", "value"), [("x", "HERE/x"), ("", ""), ("$@bundle_root + '/x'", "$@bundle_root + '/x'")]
)
def test_of_the_knobs_only_paths_become_absolute(given, value, here):
    """Trainings are started in the bundle; '' is null, and $ begins an expression."""
    plan = {"knobs": {"cache_dir": value.replace("HERE", str(here))}}
    cell = make_cell(here / "a", **plan)
    FewLabelManifest(here / "a", cell.plan).add([cell], "before")
    finish(cell)
    options = ["--weights", "none", "--fractions", "0.1", "--knob", f"cache_dir={given}", "--out", "a"]
    assert main([*COMMAND, *options]) == 0  # another value would be refused


def test_arguments_that_are_missing_are_told_in_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*COMMAND, "--weights", "none"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vasomim experiment few-label: the following arguments are required: --out")


def test_a_split_that_does_not_exist_is_told_before_the_first_training(here, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*COMMAND, "--weights", "none", "--out", "new", "--split", "tst"])
    assert "--split: invalid choice: 'tst'" in capsys.readouterr().err and not (here / "new").exists()


def test_help_teaches(capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*COMMAND, "--help"])
    text = capsys.readouterr().out
    for words in (
        "--fractions",
        "NAME=FILE",
        "OUT/table.md",
        "how long",
        "examples",
        "--split test for numbers to publish",
    ):
        assert words in text
