# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import monai.bundle
import numpy as np
import pytest
from made_prediction import DETECTION, SEG, pictures, write_detection_weights, write_inputs, write_seg_weights
from PIL import Image

from monai_ext.cli import main
from monai_ext.cli.predict_files import PredictFiles

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


@pytest.fixture(scope="module")
def seg(tmp_path_factory) -> Path:
    return write_seg_weights(tmp_path_factory.mktemp("seg") / "model.pt")


@pytest.fixture(scope="module")
def boxes(tmp_path_factory) -> Path:
    return write_detection_weights(tmp_path_factory.mktemp("detection") / "model.pt")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("data") / "in")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def predict(source, weights, *options, bundle=SEG, out="out") -> int:
    return main(
        [
            "predict",
            str(source),
            "--bundle",
            str(bundle),
            "--weights",
            str(weights),
            "--out",
            out,
            "--device",
            "cpu",
            *options,
        ]
    )


def record(out="out") -> dict:
    return json.loads(Path(out, "predictions.json").read_text())


def files_of(folder="out") -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_a_folder_of_images_and_cines_is_done_by_one_command(seg, inputs, here, capsys):
    before = sorted(inputs.rglob("*"))
    assert predict(inputs, seg) == 0
    names = {"cines/00000": range(5), "left/7": range(1), "single/00000": range(1)}
    expected = [f"{name}{ending}" for name in names for ending in (".csv", ".html", ".json")]
    expected += [
        f"{name}.{kind}/{n:04}.png"
        for name, numbers in names.items()
        for kind in ("masks", "overlays")
        for n in numbers
    ]
    assert files_of() == sorted([*expected, ".lock", "predictions.json"])
    said = capsys.readouterr().out
    assert said.startswith("3 files, 7 frames in 'out': 7 frames now, ") and "Open 'out/cines/00000.html'" in said
    run = record()["last_run"]
    assert (
        run["files"] == 3
        and run["frames"] == 7
        and run["network_seconds"] <= run["seconds"]
        and record()["failures"] == []
    )
    assert sorted(inputs.rglob("*")) == before


def test_masks_are_those_of_the_bundles_own_run(seg, inputs, here):
    assert predict(inputs, seg, "--format", "png", "--no-viewer") == 0
    hook = sys.excepthook
    monai.bundle.run(
        config_file=str(SEG / "configs" / "inference.json"), meta_file=None, logging_file=None, bundle_root=str(SEG), weights_file=str(seg),
        dataset_dir=str(inputs), output_dir="other", frames="all", precision="fp32", device="$torch.device('cpu')",
    )  # fmt: skip
    sys.excepthook = hook
    other = pictures(Path("other"))
    ours = {name: mask for name, mask in pictures(Path("out")).items() if ".masks/" in name}
    assert len(ours) == 7 and any(mask.any() for mask in ours.values())
    for name, mask in ours.items():
        stem, _, number = name.removesuffix(".png").partition(".masks/")
        assert np.array_equal(mask, other[f"{stem}_{number}.png" if "cines" in name else f"{stem}.png"]), name


def test_a_detector_is_run_by_the_same_command(boxes, inputs, here):
    assert predict(inputs / "cines" / "00000.dcm", boxes, "--format", "png,json,csv,sr", bundle=DETECTION) == 0
    content = json.loads(Path("out/00000.json").read_text())
    assert len(content["frames"]) == 5 and any(frame["boxes"] for frame in content["frames"]) and content["lesions"]
    assert Path("out/00000.overlays/0004.png").is_file() and not Path("out/00000.masks").exists()
    assert Path("out/00000.sr.dcm").is_file() and "lesion" in Path("out/00000.csv").read_text()


def test_a_cine_gets_every_format(seg, inputs, here):
    pytest.importorskip("nibabel", reason="pip install 'monai_ext[nifti]'")
    formats = ["csv", "json", "mp4", "nii", "png", "seg", "sr", "gsps", "sc"]
    assert (
        predict(inputs / "cines", seg, "--format", ",".join(formats), "--pixel-spacing", "0.25", "--frames", "1-3") == 0
    )
    endings = [".csv", ".gsps.dcm", ".html", ".json", ".mp4", ".nii.gz", ".sc.dcm", ".seg.dcm", ".sr.dcm"]
    assert [name for name in files_of() if name.startswith("00000") and "/" not in name] == [
        f"00000{ending}" for ending in endings
    ]
    content = json.loads(Path("out/00000.json").read_text())
    assert content["spacing"] == [0.25, 0.25] and content["spacing_origin"] == "given"
    assert [frame["frame"] for frame in content["frames"]] == [1, 2, 3]


def test_nifti_goes_in_and_comes_out_on_its_own_grid(seg, here):
    nibabel = pytest.importorskip("nibabel", reason="pip install 'monai_ext[nifti]'")
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 40), dtype=np.uint8)
    Path("in").mkdir()
    affine = np.diag([0.5, 0.25, 2, 1])
    nibabel.save(nibabel.Nifti1Image(frames.transpose(2, 1, 0), affine), "in/a.nii.gz")
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(f"in/{number}.png")
    assert predict("in", seg, "--format", "png,nii", "--no-viewer") == 0
    found = nibabel.load("out/a.nii.gz")
    assert np.allclose(found.affine, affine) and found.shape == (40, 64, 3)
    masks = pictures(Path("out"))
    for number in range(3):
        mask = np.asarray(found.dataobj)[..., number].T * 255
        assert np.array_equal(mask, masks[f"{number}.masks/0000.png"]) and np.array_equal(
            mask, masks[f"a.masks/{number:04}.png"]
        )


def test_a_zipped_bundle_needs_nothing_beside_it(seg, inputs, here):
    shutil.copytree(SEG / "configs", "b/vasomim_seg/configs")
    shutil.copytree(seg.parent, "b/vasomim_seg/models")
    shutil.make_archive("b", "zip", "b")
    for bundle, out in (("b.zip", "zipped"), ("b/vasomim_seg", "plain")):
        assert (
            main(["predict", str(inputs / "left"), "--bundle", bundle, "--out", out, "--format", "png", "--no-viewer"])
            == 0
        )
    zipped, plain = pictures(Path("zipped")), pictures(Path("plain"))
    assert zipped and all(np.array_equal(mask, plain[name]) for name, mask in zipped.items())


def test_frames_of_a_cine_are_chosen(seg, inputs, here):
    for frames, count in (("strongest", 1), ("4", 1)):
        assert predict(inputs / "cines", seg, "--frames", frames, "--format", "png", "--no-viewer", out=frames) == 0
        assert len(list(Path(frames).rglob("*.masks/*.png"))) == count
    assert Path("4/00000.masks/0004.png").is_file()


BAD = {
    "": "INPUT or --pacs must be given, got neither",
    "gone": "INPUT must be a file or a folder, got 'gone', there is none",
    "empty": "INPUT must hold an image, a DICOM or a NIfTI file, 'empty' holds none",
    "data --pacs http://a": "INPUT or --pacs must be given, got both",
    "data --format png,pdf": "--format must be some of png,json,csv,nii,seg,sr,gsps,sc,mp4, got 'pdf'",
    "data --format seg --no-viewer": "--format seg needs DICOM files, 'data' has none",
    "data --frames 5-2": "--frames must be all, strongest, N or N-M",
    "data --threshold 2": "--threshold must lie between 0 and 1, got 2.0",
    "data --pixel-spacing 0": "--pixel-spacing must be above 0",
    "data --batch-size 0": "--batch-size must be at least 1, got 0",
    "data --set treshold=0.2": "did you mean threshold",
    "data --set flip": "--set must be KEY=VALUE, got 'flip'",
    "data --weights gone.pt": "must have weights, there is no '",
    "data --bundle gone": "--bundle must be the folder or the zip file of a bundle",
    "data --bundle data/7.png": "data/7.png' must be a zip file of a bundle, it is broken",
    "data --out data": "--out must not be the folder of INPUT or hold it, got 'data'",
    "data/7.png --out data": "--out must not be the folder of INPUT or hold it, got 'data'",
    "--pacs http://pacs --query PatientID=1 --keep new/files --out new": "--out must not be the folder of --keep or hold it",
    "data --out full": "--out must be a new folder or one of the same prediction",
    "data --out full/thesis.tex": "--out must be a folder that can be read",
    "data --query PatientID=1": "--query must go with --pacs",
    "data --send http://pacs": "--send needs DICOM results, got --format png,json,csv",
    "data --format seg --send pacs:104": "--send must be dicom://AET@host:port or http(s)://..., got 'pacs:104'",
    "--pacs http://pacs": "--query must tell which series to fetch",
}


@pytest.mark.parametrize("options", BAD)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_left(options, seg, inputs, here, capsys):
    shutil.copytree(inputs / "left", "data")
    for name in ("empty", "full"):
        Path(name).mkdir()
    Path("full/thesis.tex").touch()
    before = sorted(here.rglob("*"))
    given = ["predict", "--bundle", str(SEG), "--weights", str(seg), "--out", "out", *options.split()]
    assert main(given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vasomim predict: ") and BAD[options] in line
    assert sorted(here.rglob("*")) == before


def test_masks_cannot_be_asked_of_a_detector(boxes, inputs, here, capsys):
    assert predict(inputs, boxes, "--format", "png,nii", bundle=DETECTION) == 2
    assert "--format nii needs masks, the bundle finds boxes" in capsys.readouterr().err and not Path("out").exists()


def test_what_is_no_dicom_gets_the_other_formats(seg, inputs, here, capsys):
    assert predict(inputs, seg, "--format", "json,seg", "--no-viewer") == 0
    expected = ["cines/00000.json", "cines/00000.seg.dcm", "left/7.json", "single/00000.json", "single/00000.seg.dcm"]
    assert files_of() == sorted([".lock", *expected, "predictions.json"])
    assert "1 of 3 files are not DICOM and get no seg." in capsys.readouterr().out


def test_dicom_of_what_is_none_alone_is_refused(seg, inputs, here, capsys):
    assert predict(inputs / "left" / "7.png", seg, "--format", "seg") == 2
    assert "must be DICOM to have a result of that --format" in capsys.readouterr().err and not Path("out").exists()


def test_a_name_that_is_no_utf8_is_told(seg, inputs, here, capsys):
    Path("in").mkdir()
    shutil.copy(inputs / "left" / "7.png", "in/good.png")
    shutil.copy(inputs / "left" / "7.png", os.fsencode("in/bad") + b"\xff.png")
    assert predict("in", seg) == 3
    assert "must have a name in UTF-8" in capsys.readouterr().err and Path("out/good.json").is_file()
    json.loads(Path("out/predictions.json").read_text(encoding="utf-8"))


@pytest.fixture
def mixed(inputs, here):
    """Good files among broken ones."""
    shutil.copytree(inputs, "in")
    cine = (inputs / "cines" / "00000.dcm").read_bytes()
    Path("in/cut.dcm").write_bytes(cine[:-6000])  # frames are missing
    Path("in/broken.png").write_bytes((inputs / "left" / "7.png").read_bytes()[:60])
    dataset = pydicom.dcmread(inputs / "cines" / "00000.dcm")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    dataset.PatientName = "Doe^Jane"
    dataset.save_as("in/ct.dcm")
    Image.new("L", (20, 64)).save("in/narrow.png")
    return Path("in")


def test_files_that_cannot_be_used_are_left_out_and_told(mixed, seg, here, capsys):
    assert predict(mixed, seg, "--format", "json", "--no-viewer") == 3
    error = capsys.readouterr().err
    assert (
        "4 of 7 files could not be used, 'out/predictions.json' tells why; the others are done."
        in error.splitlines()[-1]
    )
    failures = {failure["file"]: failure["reason"] for failure in record()["failures"]}
    assert sorted(failures) == ["broken.png", "ct.dcm", "cut.dcm", "narrow.png"]
    assert all(f"  {file}: {reason}" in error for file, reason in failures.items())
    assert "cannot be read as an X-ray cine" in failures["ct.dcm"] and "Doe" not in error
    assert "copy it again" in failures["cut.dcm"] and "at least 32 px" in failures["narrow.png"]
    assert [name for name in files_of() if name.endswith(".json")] == [
        "cines/00000.json", "left/7.json", "predictions.json", "single/00000.json",
    ]  # fmt: skip


def test_where_no_file_can_be_used_nothing_is_left(mixed, seg, here, capsys):
    for path in ("cines", "left", "single"):
        shutil.rmtree(mixed / path)
    assert predict(mixed, seg, out="deep/out") == 2
    assert "at least one of 4 files must be usable, none is" in capsys.readouterr().err
    assert not Path("deep").exists()


def test_the_same_command_goes_on_where_it_was(mixed, seg, here, capsys):
    options = ("--format", "json,csv", "--no-viewer")
    assert predict(mixed, seg, *options) == 3
    stamps = {name: os.stat(Path("out", name)).st_mtime_ns for name in files_of() if name.endswith("csv")}
    for name in ("broken.png", "ct.dcm", "cut.dcm", "narrow.png"):
        (mixed / name).unlink()
    Path("out/left/7.csv").unlink()
    assert predict(mixed, seg, *options) == 0
    assert "1 frames now" in capsys.readouterr().out
    again = {name for name, stamp in stamps.items() if os.stat(Path("out", name)).st_mtime_ns != stamp}
    assert again == {"left/7.csv"}
    assert predict(mixed, seg, *options) == 0 and "all were done before" in capsys.readouterr().out
    assert predict(mixed, seg, *options, "--threshold", "0.4") == 2
    assert "was made with knobs {}, not {'threshold': 0.4}" in capsys.readouterr().err


def test_a_format_may_be_added_later(seg, inputs, here):
    for formats in ("json", "json,seg"):
        assert predict(inputs / "cines", seg, "--format", formats, "--no-viewer") == 0
    assert files_of() == [".lock", "00000.json", "00000.seg.dcm", "predictions.json"]


def test_a_file_may_be_named_as_the_record_is(seg, inputs, here):
    Path("in").mkdir()
    shutil.copy(inputs / "left" / "7.png", "in/predictions.png")
    assert predict("in", seg, "--format", "json", "--no-viewer") == 0
    assert record()["files"][0]["results"] == ["predictions.png.json"]


def test_a_folder_that_vanishes_ends_the_work_and_keeps_what_is_done(seg, inputs, here, capsys, monkeypatch):
    shutil.copytree(inputs, "in")
    find = PredictFiles._find

    def find_then_lose(self, job, bar):
        result = find(self, job, bar)
        if job.name == "left/7":
            shutil.rmtree("in")
        return result

    monkeypatch.setattr(PredictFiles, "_find", find_then_lose)
    assert predict("in", seg, "--format", "json", "--no-viewer") == 4
    line = capsys.readouterr().err.splitlines()[-1]
    assert "'in' was there and is gone. What is finished stays; mend it and give the same command again." in line
    assert [entry["file"] for entry in record()["files"]] == ["cines/00000.dcm", "left/7.png"] and record()[
        "failures"
    ] == []


def test_a_full_disk_ends_the_work_and_leaves_nothing_of_the_file(seg, inputs, here, capsys):
    """On a real file system of a megabyte, which root may mount."""
    Path("small").mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "small"], capture_output=True)
    if mount.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        Path("small/filler").write_bytes(bytes(2**20 - 2**15))
        assert predict(inputs, seg, "--format", "json,sc,seg", "--no-viewer", out="small/out") == 4
        assert (
            "cannot be written (No space left on device). What is finished stays"
            in capsys.readouterr().err.splitlines()[-1]
        )
        finished = {name for entry in record("small/out")["files"] for name in entry["results"]}
        assert set(files_of("small/out")) - {".lock", "predictions.json"} == finished
        Path("small/filler").unlink()
        assert predict(inputs, seg, "--format", "json,sc,seg", "--no-viewer", out="small/out") == 0
    finally:
        subprocess.run(["umount", "small"], check=True)


def test_help_teaches(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["predict", "--help"])
    text = capsys.readouterr().out
    for words in (
        "--format",
        "NAME.masks/0031.png",
        "exit codes",
        "--query StudyInstanceUID=",
        "examples",
        "--set flip=true",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) < 150
