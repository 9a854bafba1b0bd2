# SPDX-License-Identifier: Apache-2.0
import errno
import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from monai_ext.cli import main
from monai_ext.cli.phantom_work import PhantomWork
from monai_ext.phantom import PhantomSettings

FORMATS = ("folder", "arcade", "dicom", "cine")


def run(out, *options, size=64, count=2):
    return main(["phantom", "--count", str(count), "--size", str(size), "--out", str(out), *map(str, options)])


def options_of(format):
    if format in ("dicom", "cine"):
        pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
    return ["--format", format] + ["--frames", "2"] * (format == "cine")


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("format", FORMATS)
def test_same_command_gives_the_same_bytes(format, tmp_path, global_rng_untouched):
    assert run(tmp_path / "a", *options_of(format)) == run(tmp_path / "b", *options_of(format)) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_number_of_processes_changes_nothing(format, tmp_path):
    for processes in (1, 2):
        assert run(tmp_path / str(processes), *options_of(format), "--processes", processes, count=3) == 0
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


@pytest.mark.parametrize(
    ("format", "file"),
    [
        ("folder", "images/00001.png"),
        ("arcade", "syntax/train/images/2.png"),
        ("dicom", "00001.dcm"),
        ("cine", "labels/00001/002.json"),
    ],
)
def test_each_format_has_its_files_and_a_page(format, file, tmp_path, capsys):
    run(tmp_path / "a", *options_of(format))
    made = contents(tmp_path / "a")
    assert file in made and made["index.html"].count(b"<figure>") == 2
    told = json.loads(made["settings.json"])
    assert (told["format"], told["count"], told["seed"], told["first"]) == (format, 2, 0, 0)
    assert told["settings"]["size"] == 64 and set(told["settings"]) == set(PhantomSettings().to_dict())
    assert str(tmp_path / "a" / "index.html") in capsys.readouterr().out


def test_split_and_labels_of_arcade(tmp_path):
    run(tmp_path / "judged", "--format", "arcade", "--split", "test")
    run(tmp_path / "all", "--format", "arcade", "--split", "test", "--labels", "all")
    judged, everything = (
        json.loads((tmp_path / name / "syntax/test/annotations/test.json").read_text())["annotations"]
        for name in ("judged", "all")
    )
    assert 0 < len(judged) <= len(everything)


def test_first_goes_on_where_another_data_set_ended(tmp_path):
    run(tmp_path / "all", count=3)
    run(tmp_path / "rest", "--first", 2, count=1)
    name = "images/00002.png"
    assert contents(tmp_path / "rest")[name] == contents(tmp_path / "all")[name]


def test_page_shows_the_first_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("monai_ext.cli.phantom._PICTURES", 2)
    run(tmp_path / "a", size=32, count=3)
    page = (tmp_path / "a" / "index.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 2 and "The first 2 of 3" in page


def test_options_win_over_the_file_of_settings(tmp_path):
    (tmp_path / "mine.json").write_text('{"size": 96, "bits": 12}')
    run(tmp_path / "a", "--settings", tmp_path / "mine.json", count=1)
    settings = json.loads((tmp_path / "a" / "settings.json").read_text())["settings"]
    assert (settings["size"], settings["bits"]) == (64, 12)


def test_settings_of_a_data_set_make_it_again(tmp_path):
    run(tmp_path / "a", "--bits", 10)
    main(["phantom", "--settings", f"{tmp_path}/a/settings.json", "--count", "2", "--out", f"{tmp_path}/b"])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_printed_settings_are_read_again(tmp_path, capsys):
    assert main(["phantom", "--print-settings", "--bits", "12"]) == 0
    printed = capsys.readouterr().out
    assert PhantomSettings.read(json.loads(printed)) == PhantomSettings(bits=12)
    assert '"size": 512,\n' in printed


def test_described_settings_have_a_line_each(capsys):
    assert main(["phantom", "--describe"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PhantomSettings.describe())
    assert lines[0].endswith(PhantomSettings.describe()["size"])


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    assert run(tmp_path / "a", count=1) == 0 and (tmp_path / "a" / "index.html").is_file()


BAD = {
    "--count 0": "--count must be at least 1, got 0.",
    "--seed -1": "--seed must be at least 0, got -1.",
    "--first -1": "--first must be at least 0, got -1.",
    "--processes 0": "--processes must be at least 1, got 0.",
    "--size 16": "size must lie in 32 to 2048, got 16.",
    "--bits 7": "bits must lie in 8 to 16, got 7.",
    "--format arcade --bits 12": "bits must be 8 in ARCADE's layout, got 12",
    "--format dicom --bits 11": "bits must be 8, 10, 12 or 16 in DICOM, got 11",
    "--format cine --frames 0": "frames",
    "--split val": "--split must go with --format arcade, got folder; leave it out.",
    "--labels all": "--labels must go with --format arcade, got folder; leave it out.",
    "--frames 3": "--frames must go with --format cine, got folder; leave it out.",
    "--settings missing.json": "got 'missing.json' (No such file or directory).",
    "--settings broken.json": "--settings must be a JSON file as --print-settings prints it, got 'broken.json'",
    "--settings list.json": "--settings must be a JSON file as --print-settings prints it, got 'list.json'",
    "--settings unknown.json": "colour",
    "--out full": "--out must be a new or empty folder, got 'full'; name another.",
    "--out broken.json": "--out must be a new or empty folder, got 'broken.json'; name another.",
    "--out broken.json/a/b": "--out must be a folder that can be written, got 'broken.json/a/b' (Not a directory)",
}


@pytest.mark.parametrize("options", BAD)
def test_bad_input_is_told_in_one_line(options, tmp_path, monkeypatch, capsys):
    if "dicom" in options or "cine" in options:
        options_of("dicom")
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{")
    Path("list.json").write_text("[1]")
    Path("unknown.json").write_text('{"colour": 1}')
    Path("full/a").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert main(["phantom", "--size", "64", "--out", "new/deep", *options.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vasomim phantom: ") and BAD[options] in line
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "vasomim: the following arguments are required: COMMAND; see 'vasomim --help'."),
        (["phantom", "--count", "x"], "argument --count: invalid int value: 'x'; see 'vasomim phantom --help'."),
        (["phantom", "--format", "png"], "argument --format: invalid choice: 'png'"),
        (["paint"], "invalid choice: 'paint'"),
    ],
)
def test_arguments_that_cannot_be_read_are_told_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_without_out_it_asks_for_it(capsys):
    assert main(["phantom"]) == 2
    assert capsys.readouterr().err == "vasomim phantom: --out must name a new folder, got none; add --out DIR.\n"


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert run(tmp_path / "a", "--format", "dicom") == 2
    assert "pip install 'monai_ext[dicom]'" in capsys.readouterr().err and not list(tmp_path.iterdir())


def fail_at_second(monkeypatch, error):
    draw = PhantomWork.__call__

    def draw_or_fail(work, index):
        if index == 1:
            raise error
        return draw(work, index)

    monkeypatch.setattr(PhantomWork, "__call__", draw_or_fail)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 2, "(No space left on device); make room or name another."),
        (KeyboardInterrupt(), 130, "stopped; nothing was written."),
    ],
)
def test_an_end_half_way_leaves_nothing(error, code, message, tmp_path, monkeypatch, capsys):
    fail_at_second(monkeypatch, error)
    assert run(tmp_path / "new" / "deep") == code
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line and not list(tmp_path.iterdir())


def test_a_mistake_of_ours_shows_its_traceback_and_leaves_nothing(tmp_path, monkeypatch):
    fail_at_second(monkeypatch, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        run(tmp_path / "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_leaves_nothing(processes, tmp_path):
    command = [sys.executable, "-m", "monai_ext.cli", "phantom", "--size", "64", "--count", "100000"]
    command += ["--out", str(tmp_path / "a" / "b"), "--processes", str(processes)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.rglob("0000*.json")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "vasomim phantom: stopped; nothing was written.\n")
    assert not list(tmp_path.iterdir())


def test_help_teaches_formats_and_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["phantom", "--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {format} " in text for format in FORMATS) and text.count("vasomim phantom --") >= 6


def test_console_script_is_this_command():
    (script,) = entry_points(group="console_scripts", name="vasomim")
    assert script.load() is main


@pytest.mark.slow
def test_the_module_runs_as_the_command():
    run = subprocess.run(
        [sys.executable, "-m", "monai_ext.cli", "phantom", "--count", "0", "--out", "x"], capture_output=True
    )
    assert run.returncode == 2 and run.stderr == b"vasomim phantom: --count must be at least 1, got 0.\n"
