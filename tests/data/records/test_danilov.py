# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import Box, read_records, split_by_patient

XML = """<annotation><size><width>32</width></size><object><name>Stenosis </name><bndbox>
<xmin>3</xmin><ymin>4</ymin><xmax>10</xmax><ymax>12</ymax></bndbox></object></annotation>"""


def csv(*stems):
    return "filename,width,height,class,xmin,ymin,xmax,ymax\n" + "".join(
        f"{s}.bmp,32,32,Stenosis,3,4,10,12\n" for s in stems
    )


@pytest.fixture
def danilov(draw, write):
    """Three patients of four frames; the shipped split puts the even frames to the test."""
    stems = [f"14_00{patient}_{video}_000{frame}" for patient in (1, 2, 3) for video in (1, 5) for frame in (1, 2)]
    for stem in stems:
        draw(f"dataset/{stem}.bmp")
        write(f"dataset/{stem}.xml", XML)
    write("train_labels.csv", csv(*stems[::2]))
    write("test_labels.csv", csv(*stems[1::2]))
    return draw()


def test_boxes_patients_and_the_shipped_split(danilov):
    listing = read_records(danilov)
    record = listing.records[1]
    assert (record.source, record.patient, record.video, record.split) == ("stenosis", "001", "001_1", "test")
    assert record.labels == {"boxes": (Box(3, 4, 10, 12, "Stenosis"),)}
    assert len(listing.records) == 12 and not listing.left_out and not listing.faults


def test_the_shipped_split_shares_patients_and_ours_does_not(danilov):
    records = read_records(danilov).records
    shipped = [{record.patient for record in records if record.split == split} for split in ("train", "test")]
    assert shipped[0] == shipped[1] == {"001", "002", "003"}
    parts = split_by_patient(records, {"train": 0.7, "test": 0.3})
    ours = [{record.patient for record in part} for part in parts.values()]
    assert not ours[0] & ours[1] and [len(patients) for patients in ours] == [2, 1]


def test_the_folder_of_images_alone_has_no_split(danilov):
    listing = read_records(danilov / "dataset")
    assert listing.source == "stenosis" and {record.split for record in listing.records} == {None}


BOX = "<bndbox><xmin>3</xmin><ymin>4</ymin><xmax>{}</xmax><ymax>12</ymax></bndbox>"


@pytest.mark.parametrize(
    "xml",
    ["", "<annotation>", "<a><object/></a>", *(f"<a><object>{BOX.format(x)}</object></a>" for x in (3, "x", "nan"))],
)
def test_boxes_that_cannot_be_read_are_faults(danilov, write, xml):
    write("dataset/14_001_1_0001.xml", xml)
    listing = read_records(danilov)
    assert listing.records[0].labels == {} and len(listing.records) == 12
    assert [fault.reason[:25] for fault in listing.faults] == ["the boxes cannot be read "]


@pytest.mark.parametrize("x", [3, 2, "nan", "inf"])
def test_a_box_without_an_area_costs_only_itself(danilov, write, x):
    path = write(
        "dataset/14_001_1_0001.xml", XML.replace("</annotation>", f"<object>{BOX.format(x)}</object></annotation>")
    )
    listing = read_records(danilov)
    assert listing.records[0].labels == {"boxes": (Box(3, 4, 10, 12, "Stenosis"),)}
    assert [fault.path for fault in listing.faults] == [path]
    assert listing.faults[0].reason.startswith("1 of 2 boxes are left out, the first: a box must have an area, got 3..")


def test_no_object_is_a_label(danilov, write):
    write("dataset/14_001_1_0001.xml", "<annotation/>")
    listing = read_records(danilov)
    assert listing.records[0].labels == {"boxes": ()} and not listing.faults


def test_missing_halves_of_a_pair_are_faults(danilov, draw):
    (danilov / "dataset/14_001_1_0001.xml").unlink()
    (danilov / "dataset/14_002_1_0001.bmp").unlink()
    listing = read_records(danilov)
    assert {fault.reason for fault in listing.faults} == {
        "there are no boxes (.xml) beside the image",
        "the image of the boxes is missing",
    }
    assert len(listing.records) == 11


def test_an_image_in_both_parts_of_the_split_is_in_none(danilov, write):
    write("train_labels.csv", csv("14_001_1_0001", "14_001_1_0002"))
    listing = read_records(danilov)
    assert [record.split for record in listing.records[:2]] == ["train", None]
    assert "1 images are in both the train and the test split" in listing.faults[0].reason


def test_a_split_without_file_names_is_a_fault(danilov, write):
    write("train_labels.csv", "a,b\n1,2\n")
    listing = read_records(danilov)
    assert {record.split for record in listing.records} == {None, "test"}
    assert "the column 'filename'" in listing.faults[0].reason
