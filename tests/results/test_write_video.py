# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import numpy as np
import pytest

from monai_ext.results import Algorithm, CineResult, draw_findings, write_video

av = pytest.importorskip("av", reason="pip install monai_ext[video]")
ALGORITHM = Algorithm(name="vessels", version="1.0", weights="0" * 64)


def result(rows: int = 64, columns: int = 96, count: int = 7, **more) -> CineResult:
    """A bright square and its mask that move to the right over a slope of grey."""
    frames = np.tile(np.linspace(30, 200, columns).astype(np.uint8), (count, rows, 1))
    masks = np.zeros_like(frames)
    for index in range(count):
        masks[index, 20:40, 5 + 8 * index : 25 + 8 * index] = 1
    frames[masks > 0] = 230
    return CineResult(
        source=Path("a.dcm"), name="a", algorithm=ALGORITHM, frames=frames, numbers=range(count), masks=masks, **more
    )


def decoded(path: Path) -> tuple[np.ndarray, "av.VideoStream"]:
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        return np.array([frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]), stream


def test_the_frames_come_back_in_order_with_their_outlines(tmp_path):
    cine = result()
    write_video(cine, tmp_path / "a.mp4")
    frames, stream = decoded(tmp_path / "a.mp4")
    drawn = np.array([draw_findings(cine, index) for index in range(7)])
    assert frames.shape == drawn.shape
    assert np.abs(frames.astype(int) - drawn).mean(axis=(1, 2, 3)).max() < 5
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    red, green, blue = frames[3, 30, 5 + 8 * 3].astype(int)
    assert red - blue > 100 and green - blue > 60  # the outline's yellow


@pytest.mark.parametrize(("frame_time", "rate"), [(None, 15), (40.0, 25), (66.7, 14.99), (1e5, 1), (1e-9, 120)])
def test_it_plays_as_fast_as_the_file_says(tmp_path, frame_time, rate):
    write_video(result(frame_time=frame_time), tmp_path / "a.mp4")
    frames, stream = decoded(tmp_path / "a.mp4")
    assert len(frames) == 7 and float(stream.average_rate) == pytest.approx(rate, rel=0.01)
    assert float(stream.duration * stream.time_base) == pytest.approx(7 / rate, rel=0.02)


def test_odd_sizes_get_a_row_and_a_column_more(tmp_path):
    cine = result(rows=61, columns=83)
    write_video(cine, tmp_path / "a.mp4")
    frames, _ = decoded(tmp_path / "a.mp4")
    assert frames.shape == (7, 62, 84, 3)
    assert np.abs(frames[0, :61, :83].astype(int) - draw_findings(cine, 0)).mean() < 5
    assert np.abs(frames[0, 61].astype(int) - frames[0, 60]).max() < 12


def test_a_single_image_is_a_film_of_one_frame(tmp_path):
    write_video(result(count=1), tmp_path / "a.mp4")
    assert len(decoded(tmp_path / "a.mp4")[0]) == 1


def test_browsers_may_play_before_all_is_loaded(tmp_path):
    write_video(result(), tmp_path / "a.mp4")
    content = (tmp_path / "a.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_a_failure_leaves_the_old_film_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(b"old")
    bad = result()
    object.__setattr__(bad, "masks", bad.masks[:3])
    with pytest.raises(IndexError):
        write_video(bad, tmp_path / "a.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"] and (tmp_path / "a.mp4").read_bytes() == b"old"


def test_without_pyav_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"films need PyAV, which is not installed; pip install 'monai_ext\[video\]'"):
        write_video(result(), tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())
