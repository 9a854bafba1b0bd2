# SPDX-License-Identifier: Apache-2.0
import errno
import logging

import numpy as np
import pytest
from PIL import Image

from monai_ext.data import find_angiograms
from monai_ext.data.strongest_frame import strongest_frame

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

TINY = PhantomSettings.read({"size": 64, "frames": 12})


@pytest.fixture(scope="module")
def cine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cine")
    CineWriter(TINY, 0).write(folder, 0, draw_cine(0, 0, TINY))
    return folder / "00000.dcm"


@pytest.fixture(scope="module")
def angiogram():
    return draw_angiogram(0, 0, TINY)


@pytest.fixture
def folder(tmp_path, cine, angiogram):
    """Two images, a cine, a single DICOM frame with its labels, and three broken files."""
    root = tmp_path / "images"
    (root / "a").mkdir(parents=True)
    for name in ("a/1.png", "2.jpg"):
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)).save(root / name)
    (root / "cine.dcm").write_bytes(cine.read_bytes())
    DicomWriter(TINY, 0).write(root / "still", 0, angiogram)
    (root / "broken.png").write_bytes((root / "a" / "1.png").read_bytes()[:90])
    (root / "broken.dcm").write_bytes(cine.read_bytes()[:5000])
    Image.fromarray(np.zeros((9, 90), np.uint8)).save(root / "flat.png")
    return root


def test_readable_files_are_found_and_broken_ones_reported(folder, caplog, global_rng_untouched):
    items = find_angiograms(folder)
    assert [(item["name"], item["image"]) for item in items] == [
        (name, str(folder / file))
        for name, file in (
            ("2.png", "2.jpg"),
            ("a/1.png", "a/1.png"),
            ("cine.png", "cine.dcm"),
            ("still/00000.png", "still/00000.dcm"),
        )
    ]
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.getMessage().startswith("3 of 7 files are left out:\n")
    assert all(f"{name}'" in record.getMessage() for name in ("broken.png", "broken.dcm", "flat.png"))
    assert "at least 16 px, got 9x90" in record.getMessage()


@pytest.mark.parametrize(
    ("frames", "names"),
    [("all", [f"cine_{i:04}.png" for i in range(12)]), (3, ["cine.png"]), (None, ["cine.png"])],
)
def test_frames_of_a_cine(frames, names, folder, cine):
    items = [item for item in find_angiograms(folder, frames=frames) if item["image"].endswith("cine.dcm")]
    assert [item["name"] for item in items] == names and {item["stem"] for item in items} == {"cine"}
    expected = {"all": list(range(12)), None: [strongest_frame(cine)]}.get(frames, [frames])
    assert [item["frame"] for item in items] == expected


def test_files_of_one_frame_have_it_whatever_is_wanted(folder):
    assert {item["name"]: item["frame"] for item in find_angiograms(folder, frames=3)} == {
        "2.png": 0, "cine.png": 3, "a/1.png": 0, "still/00000.png": 0,
    }  # fmt: skip


def test_a_frame_that_a_cine_lacks_is_reported(folder, caplog):
    items = find_angiograms(folder, frames=12)
    assert "cine.png" not in {item["name"] for item in items}
    assert "frames must be of 0..11, got 12" in caplog.text


def test_many_broken_files_are_not_all_told(tmp_path, caplog):
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "good.png")
    for i in range(25):
        (tmp_path / f"bad{i:02}.png").write_bytes(b"")
    assert len(find_angiograms(tmp_path)) == 1
    assert "25 of 26 files are left out" in caplog.text and caplog.text.count("copy it again") == 20
    assert "and 5 more" in caplog.text


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"at least one of 1 files must be readable, got none; the first: '.*bad.png'"):
        find_angiograms(tmp_path)


def test_a_share_that_is_gone_ends_the_search(tmp_path, monkeypatch):
    """It would be 100 000 broken files."""

    def gone(*_, **__):
        raise OSError(errno.ESTALE, "stale file handle")

    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "good.png")
    monkeypatch.setattr("monai_ext.data.readable_frames.read_grey", gone)
    with pytest.raises(OSError, match="stale file handle"):
        find_angiograms(tmp_path)


def test_equal_names_of_results_are_refused(tmp_path, cine):
    (tmp_path / "x.dcm").write_bytes(cine.read_bytes())
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "x_0003.jpg")
    assert len(find_angiograms(tmp_path)) == 2
    with pytest.raises(ValueError, match=r"'x_0003.png' is that of '.*x.dcm' and '.*x_0003.jpg'; rename one"):
        find_angiograms(tmp_path, frames="all")


@pytest.mark.parametrize("frames", [-1, "some", 1.5])
def test_unknown_frames_are_refused(frames, tmp_path):
    with pytest.raises(ValueError, match=f"frames must be null, a number from 0 or 'all', got {frames!r}"):
        find_angiograms(tmp_path, frames=frames)
