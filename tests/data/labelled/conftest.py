# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.labelled import phantom_arcade
from monai_ext.phantom import CineWriter, PhantomSettings, draw_cine


@pytest.fixture(scope="session")
def phantom_cache(tmp_path_factory) -> Path:
    """Holds the phantoms of the tests, 4 of 64 px by split, drawn once."""
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture(scope="session")
def arcade(phantom_cache) -> Path:
    """4 synthetic angiograms of the train split as ARCADE's folders and files."""
    return phantom_arcade(4, "train", size=64, cache_dir=phantom_cache)


@pytest.fixture(scope="session")
def cine(tmp_path_factory) -> Path:
    """A DICOM cine of 4 frames of 64 x 64 px and 12 bits, of which the last show vessels; masks of each in `vessels/00000/001.png` beside it."""
    pytest.importorskip("pydicom")
    folder, settings = tmp_path_factory.mktemp("cine"), PhantomSettings(size=64, frames=4, bits=12)
    CineWriter(settings, 0).write(folder, 0, draw_cine(0, 0, settings))
    return folder / "00000.dcm"


@pytest.fixture
def save(tmp_path):
    """Writes an array as an image file below tmp_path and gives its path; a number fills 24 x 32 px."""

    def write(name: str, values: np.ndarray | int, mode: str | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.full((24, 32), values, np.uint8) if isinstance(values, int) else values
        Image.fromarray(values, mode).save(path)
        return path

    return write


@pytest.fixture
def folders(save):
    """Writes images and masks of equal names in two folders below tmp_path, each with a square of `value`; gives the data set's folder."""

    def write(*names: str, value: int = 255, images: str = "images", masks: str = "masks", within: str = ".") -> Path:
        mask = np.zeros((24, 32), np.uint8)
        mask[4:12, 8:20] = value
        for name in names:
            image = save(
                f"{within}/{images}/{name}", np.random.default_rng(len(name)).integers(0, 255, (24, 32), np.uint8)
            )
            save(f"{within}/{masks}/{name}", mask)
        return image.parent.parent

    return write


@pytest.fixture
def danilov(save):
    """Danilov's stenoses as published: 10 patients of 4 frames, 24 x 32 px, each with the box 4 6 20 14; the official split puts one frame of each patient to the test."""
    stems = [f"14_{patient:03}_1_{frame:04}" for patient in range(10) for frame in range(4)]
    edges = zip(("xmin", "ymin", "xmax", "ymax"), (4, 6, 20, 14), strict=True)
    box = "".join(f"<{name}>{value}</{name}>" for name, value in edges)
    for value, stem in enumerate(stems):
        path = save(f"danilov/dataset/{stem}.bmp", value)
        path.with_suffix(".xml").write_text(f"<annotation><object><bndbox>{box}</bndbox></object></annotation>")
    for split, part in (
        ("test", stems[::4]),
        ("train", [stem for number, stem in enumerate(stems) if number % 4]),
    ):
        (path.parents[1] / f"{split}_labels.csv").write_text("filename\n" + "".join(f"{stem}.bmp\n" for stem in part))
    return path.parents[1]


@pytest.fixture
def cadica(save):
    """CADICA as published: of each of 10 patients a video with a lesion, whose two selected frames have two boxes and one, and one without, with one selected frame; 24 x 32 px."""

    def write(video: Path, frames: int, selected: list[int]) -> Path:
        name = f"{video.parent.name}_{video.name}"
        for frame in range(frames):
            save(f"{video}/input/{name}_{frame:05}.png", frame)
        path = save(f"{video}/{name}_x.png", 0).with_name(f"{name}_selectedFrames.txt")
        path.with_name(f"{name}_x.png").unlink()
        path.write_text("".join(f"{name}_{frame:05}\n" for frame in selected))
        return path.parent

    for number in range(10):
        patient = Path(f"cadica/selectedVideos/p{number}")
        video = write(patient / "v1", 3, [1, 2])
        write(patient / "v2", 2, [0])
        (video / "groundtruth").mkdir()
        (video / f"groundtruth/p{number}_v1_00001.txt").write_text("4 6 16 8 p50_70\n0 0 4 5 p99\n")
        (video / f"groundtruth/p{number}_v1_00002.txt").write_text("5 6 16 8 p50_70\n")
        (video.parent / "lesionVideos.txt").write_text("v1\n")
        (video.parent / "nonlesionVideos.txt").write_text("v2\n")
    return video.parents[2]
