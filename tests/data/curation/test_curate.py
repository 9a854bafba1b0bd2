# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from small_archive import SECRET

from monai_ext.data import FrameDataset, open_frames
from monai_ext.data.curation import CurationOptions, curate
from monai_ext.ops import extract_vessels, unpack_bits

OPTIONS = CurationOptions(size=160)


@pytest.fixture(autouse=True)
def salt(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def run(archive, out, options=OPTIONS, **more):
    sources = [archive["images"], archive["more"], archive["dicom"]]
    return curate(sources, out, exclude=[archive["held"]], options=options, progress=False, **more)


def rows(out: Path) -> list[dict[str, str]]:
    with open(out / "manifest.csv", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def by_file(out: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of the manifest by the name of their file, by the table that is the owner's."""
    with open(f"{out}.files.csv", newline="") as file:
        names = {row["file"]: Path(row["path"]).name for row in csv.DictReader(file)}
    found: dict[str, list] = {}
    for row in rows(out):
        found.setdefault(names[row["frame"].rsplit("-", 1)[0]], []).append(row)
    return found


@pytest.fixture(scope="module")
def made(archive, tmp_path_factory):
    """A corpus that tests look at and leave as it is."""
    folder = tmp_path_factory.mktemp("made")
    return run(archive, folder / "corpus", salt_file=folder / "salt", processes=1)


def test_each_frame_has_its_verdict(made):
    files = by_file(made.folder)
    verdicts = {name: [row["verdict"] for row in found] for name, found in files.items()}
    cine = Counter(verdicts.pop("00000.dcm"))
    assert verdicts == {
        f"{SECRET}_0.png": ["kept"],
        f"{SECRET}_1.png": ["kept"],
        f"{SECRET}_2.png": ["kept"],
        f"{SECRET}_3.png": ["in evaluation set"],
        "again.jpg": ["near-duplicate"],
        "flat.png": ["empty"],
        "tiny.png": ["too small"],
        "broken.png": ["unreadable"],
        "elsewhere.bmp": ["near-duplicate"],
        "text.png": ["kept"],
        "broken.dcm": ["unreadable"] * 10,  # its header tells of so many
    }
    assert cine["kept"] >= 1 and cine["no contrast"] >= 1 and cine.total() == 10
    twin = files["elsewhere.bmp"][0]["near"]
    assert twin == files[f"{SECRET}_2.png"][0]["frame"]
    assert [row["text"] for row in files["text.png"]] == ["1"] and files[f"{SECRET}_1.png"][0]["text"] == "0"


def test_what_is_known_of_a_cine_is_numbers_and_a_key(made):
    (cine,) = {tuple(row.values())[2:5] for row in by_file(made.folder)["00000.dcm"]}
    assert cine[0] == "dicom" and len(cine[1]) == 16 and cine[2] == ""
    row = by_file(made.folder)["00000.dcm"][0]
    assert float(row["frame_time_ms"]) > 0 and abs(float(row["primary_angle_deg"])) <= 180 and row["bits"] == "12"


def test_frames_lie_in_the_order_of_the_manifest_with_their_maps(made, archive):
    kept = [row for row in rows(made.folder) if row["verdict"] == "kept"]
    assert [int(row["index"]) for row in kept] == list(range(len(made)))
    assert [row["frame"] for row in kept] == list(made.files)
    place = int(by_file(made.folder)[f"{SECRET}_1.png"][0]["index"])
    picture = np.asarray(Image.open(archive["images"] / f"{SECRET}_1.png"))
    assert np.array_equal(made[place]["image"][0].numpy(), picture)
    expected = extract_vessels(torch.from_numpy(picture.astype(np.float32))[None, None])[0, 0]
    assert torch.equal(unpack_bits(made[place]["vessels"])[0], expected)
    assert made[len(made) - 1]["extent"].tolist() == [96, 96]  # padded, not enlarged


def test_grey_values_are_described(made):
    pixels = np.concatenate(
        [
            made[i]["image"][0, : made[i]["extent"][0], : made[i]["extent"][1]].numpy().ravel() / 255
            for i in range(len(made))
        ]
    )
    assert made.facts["grey"] == {
        "mean": pytest.approx(pixels.mean(), abs=1e-4),
        "std": pytest.approx(pixels.std(), abs=1e-4),
    }


def test_no_identity_is_in_the_corpus(made, archive):
    for name, content in contents(made.folder).items():
        for word in (SECRET, str(archive["images"].parent), "broken.png", str(made.folder.parent)):
            assert word.encode() not in content and word not in name, (name, word)


def test_nothing_is_said_of_whom_it_was_made(archive, tmp_path, capfd, caplog, recwarn):
    run(archive, tmp_path / "corpus", processes=1)
    said = "".join(capfd.readouterr()) + caplog.text + "".join(str(warning.message) for warning in recwarn)
    assert SECRET not in said and str(tmp_path) not in said


def test_the_table_of_files_is_the_owners_and_tells_what_is_broken(made):
    table = Path(f"{made.folder}.files.csv")
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    with open(table, newline="") as file:
        errors = {Path(row["path"]).name: row["error"] for row in csv.DictReader(file) if row["error"]}
    assert set(errors) == {"broken.png", "broken.dcm"} and all("broken" in error for error in errors.values())


def test_the_report_shows_counts_and_reasons(made):
    page = (made.folder / "report.html").read_text()
    for words in ("near-duplicate", "in evaluation set", "2 files cannot be read", "may hold burned-in text"):
        assert words in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_bundle_takes_the_corpus(made):
    dataset = open_frames(str(made.folder))
    assert isinstance(dataset, FrameDataset) and len(dataset) == len(made)
    assert "angiograms of 160x160 px" in dataset.describe() and "near-duplicate" in dataset.describe()


def test_same_call_gives_the_same_bytes_with_any_number_of_processes(archive, tmp_path):
    first, second = (run(archive, tmp_path / str(n), processes=n, shard_frames=3).folder for n in (1, 2))
    assert contents(first) == contents(second) and len(list((first / "shards").iterdir())) > 1
    assert not list(tmp_path.glob("*.work"))


def test_what_is_made_is_not_made_again_and_nothing_else_is_overwritten(archive, tmp_path):
    out = tmp_path / "corpus"
    run(archive, out)
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*")}
    run(archive, out)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*")} == before
    with pytest.raises(ValueError, match=r"out must be a new or empty folder, .* holds a corpus of other sources"):
        run(archive, out, CurationOptions(size=128))
    with pytest.raises(ValueError, match=r"out must be a new or empty folder, .* holds something else"):
        run(archive, archive["held"])


def test_options_change_what_is_kept(archive, tmp_path):
    options = CurationOptions(size=160, near=-1, exclude_near=-1, text="drop", keep_all=True, min_side=32)
    found = by_file(run(archive, tmp_path / "corpus", options).folder)
    verdicts = {name: {row["verdict"] for row in rows} for name, rows in found.items()}
    assert verdicts["text.png"] == {"burned-in text"}
    dropped = {"text.png", "broken.png", "broken.dcm", "flat.png"}
    assert all(verdict == {"kept"} for name, verdict in verdicts.items() if name not in dropped)


def test_large_frames_are_reduced(archive, tmp_path):
    corpus = curate([archive["images"]], tmp_path / "corpus", options=CurationOptions(size=64), progress=False)
    assert corpus[0]["image"].shape == (1, 64, 64) and corpus[0]["extent"].tolist() == [64, 64]


def test_sources_may_overlap_and_are_told_apart(archive, tmp_path):
    corpus = curate(
        [archive["images"], archive["images"], archive["more"]], tmp_path / "c", options=OPTIONS, progress=False
    )
    assert set(corpus.facts["sources"]) == {"images", "images-2", "images-3"} and len(corpus) == 5
    assert not any(corpus.facts["sources"]["images-2"].values())


def test_nothing_to_keep_is_an_error_that_leaves_the_reasons(archive, tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copy(archive["images"] / "flat.png", tmp_path / "in")
    with pytest.raises(
        ValueError, match=r"at least one frame must be kept, got none of 1 \(1 empty\); 'corpus.files.csv'"
    ):
        curate([tmp_path / "in"], tmp_path / "corpus", progress=False)
    assert not (tmp_path / "corpus").exists() and (tmp_path / "corpus.files.csv").exists()


def test_a_full_disk_is_told_before_the_shards(archive, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"must have 0\.0 GB free for the shards"):
        run(archive, tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_two_runs_into_one_folder_do_not_meet(archive, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "corpus.work").mkdir()
    with open(tmp_path / "corpus.work" / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="must be made by one run at a time, another one is at work"):
            run(archive, tmp_path / "corpus")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 60}, "size must be a multiple of 8"),
        ({"near": 256}, "near must lie in -1..255 bits, got 256"),
        ({"min_side": 4}, "min_side must be at least 8 px, got 4"),
        ({"text": "blur"}, "text must be flag or drop, got 'blur'"),
        ({"method": "frangi"}, "method must be robust or published, got 'frangi'"),
    ],
)
def test_options_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        CurationOptions(**wrong)


COMMAND = [sys.executable, "-m", "monai_ext.cli", "curate"]


def command(archive, out: Path, *more: str) -> list[str]:
    sources = [str(archive[name]) for name in ("images", "more", "dicom")]
    return [*COMMAND, *sources, "--exclude", str(archive["held"]), "--out", str(out), "--size", "160", *more]


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory) -> Path:
    """A corpus whose making was not disturbed; beside it the salt."""
    folder = tmp_path_factory.mktemp("whole")
    few = ("--shard-frames", "2", "--processes", "1", "--salt", str(folder / "salt"))
    subprocess.run(command(archive, folder / "corpus", *few), check=True, capture_output=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["scan/*.npz", "scan/*.at", "corpus/shards/00001.npy", "corpus/manifest.csv"])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(archive, whole, tmp_path, stage):
    again = command(
        archive, tmp_path / "corpus", "--shard-frames", "2", "--processes", "1", "--salt", str(whole / "salt")
    )
    process = subprocess.Popen(again, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list((tmp_path / "corpus.work").glob(stage)):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "corpus").exists()
    subprocess.run(again, check=True, capture_output=True)
    assert contents(whole / "corpus") == contents(tmp_path / "corpus")
    assert Path(f"{whole / 'corpus'}.files.csv").read_bytes() == (tmp_path / "corpus.files.csv").read_bytes()


def test_finished_work_is_not_done_again(archive, tmp_path, monkeypatch):
    module = import_module("monai_ext.data.curation.curate")
    finish = module.finish_corpus
    monkeypatch.setattr(module, "finish_corpus", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(archive, tmp_path / "corpus", shard_frames=3)
    work = tmp_path / "corpus.work"
    done = {file.name: file.stat().st_mtime_ns for file in work.glob("corpus/shards/*.npy")}
    assert len(done) > 1 and list(work.glob("scan/*.npz")) and not (tmp_path / "corpus").exists()
    monkeypatch.setattr(module, "finish_corpus", finish)
    monkeypatch.setattr("monai_ext.data.curation.run_jobs.parallel_map", lambda *_, count, **__: iter(range(0 * count)))
    run(archive, tmp_path / "corpus", shard_frames=3)
    shards = (tmp_path / "corpus" / "shards").iterdir()
    assert {file.name: file.stat().st_mtime_ns for file in shards} == done and not work.exists()
