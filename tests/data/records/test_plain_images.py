# SPDX-License-Identifier: Apache-2.0
from monai_ext.data.records import read_records


def test_the_layout_of_the_published_corpus(draw):
    listing = read_records(draw("cadica/1.png", "syntax/1.png", "xcad/1.png", "coronarydominance/1.png"))
    assert listing.source == "images" and len(listing.records) == 4
    assert {(record.patient, record.split, len(record.labels)) for record in listing.records} == {(None, None, 0)}


def test_folders_tell_the_split_and_names_the_order(draw):
    listing = read_records(draw("train/10.png", "train/2.png", "Validation/a/1.png", "test/1.png", "3.png"))
    assert [(r.path.name, r.split) for r in listing.records] == [
        ("3.png", None),
        ("1.png", "val"),
        ("1.png", "test"),
        ("2.png", "train"),
        ("10.png", "train"),
    ]
    folder = listing.records[0].path.parent
    assert {record.split for record in read_records(folder / "train").records} == {"train"}


def test_links_are_followed_but_not_in_circles_and_keep_their_names(draw):
    folder = draw("set/1.png", "blobs/deadbeef.png")
    (folder / "set/circle").symlink_to(folder / "set")
    (folder / "set/up").symlink_to(folder)
    (folder / "set/2.png").symlink_to(folder / "blobs/deadbeef.png")
    names = [record.path.relative_to(folder / "set").as_posix() for record in read_records(folder / "set").records]
    assert names == ["1.png", "2.png", "up/blobs/deadbeef.png"]


def test_broken_files_cost_only_themselves(draw, write):
    folder = draw(*(f"{i}.png" for i in range(100)))
    for i in range(3):
        write(f"broken/{i}.png")
    listing = read_records(folder)
    assert len(listing.records) == 100 and len(listing.faults) == 3


def test_a_folder_that_cannot_be_read_is_a_fault(draw, monkeypatch):
    import os

    folder = draw("1.png", "locked/2.png")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = read_records(folder)
    assert len(listing.records) == 1
    assert [(f.path.name, f.reason) for f in listing.faults] == [
        ("locked", "the folder cannot be read (Permission denied)")
    ]
