# SPDX-License-Identifier: Apache-2.0
import pickle

import pytest

from monai_ext.data.records import READERS, Box, Record, find_source, read_records


def test_bad_requests_say_what_to_do(draw, write):
    folder = draw()
    with pytest.raises(ValueError, match=r"kind must be one of arcade, cadica, .*, got 'mnist'"):
        read_records(folder, kind="mnist")
    with pytest.raises(FileNotFoundError, match="nowhere' must be a folder of images"):
        read_records(folder / "nowhere")
    with pytest.raises(FileNotFoundError, match="must be a folder of images"):
        read_records(write("a.txt", "x"))
    with pytest.raises(ValueError, match=r"must hold images that can be read as 'images', got none: 1 .txt files"):
        read_records(folder)


def test_only_empty_images_are_no_data_set(write):
    folder = write("1.png").parent
    with pytest.raises(ValueError, match="got none: 1 broken, the first: the image is an empty file"):
        read_records(folder)


@pytest.mark.parametrize("kind", sorted(READERS))
def test_every_reader_refuses_an_empty_folder(tmp_path, kind):
    with pytest.raises(ValueError, match=f"read as '{kind}', got none: it is empty"):
        read_records(tmp_path, kind)
    assert find_source(tmp_path) is None


@pytest.mark.parametrize("kind", sorted(set(READERS) - {"dicom"}))
def test_no_reader_stumbles_over_files_of_another_kind(draw, write, kind):
    """Images and labels of no or of a broken layout, where each reader looks for its own."""
    draw("1.png", "images/1.png", "a/input/p1_v1_0.png", "Left Dominance/x.png", "train/1.png", "c/images/s/1.png")
    for name in (
        "train_labels.csv",
        "a/p1_v1_selectedFrames.txt",
        "lesionVideos.txt",
        "annotations/a.json",
        "1.xml",
        ".DS_Store",
    ):
        write(name, "\0\xff,;{")
    listing = read_records(draw(), kind)
    assert listing.source == kind and listing.records
    assert all(record.source == kind and record.path.is_absolute() for record in listing.records)


def test_listings_do_not_depend_on_the_way_to_the_folder(draw, monkeypatch):
    folder = draw("a/1.png", "a/2.png")
    monkeypatch.chdir(folder)
    assert read_records("a") == read_records(folder / "a") == read_records(folder / "a/../a")


def test_records_are_values(draw):
    record = Record(draw("1.png") / "1.png", "images", labels={"boxes": (Box(0, 0, 1, 1, "x"),)})
    assert pickle.loads(pickle.dumps(record)) == record and len({record, pickle.loads(pickle.dumps(record))}) == 1
    with pytest.raises(AttributeError):
        record.frame = 1


def test_a_box_has_an_area():
    with pytest.raises(ValueError, match=r"a box must have an area, got 3..3 x 0..1"):
        Box(3, 0, 3, 1, "x")
