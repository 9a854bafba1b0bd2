# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from dicom_results import made_result

from monai_ext.dicom import read_segmentation, write_segmentation

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


@pytest.fixture
def segmentation(cine, tmp_path):
    write_segmentation(made_result(cine), tmp_path / "a.seg.dcm")
    return tmp_path / "a.seg.dcm"


def test_another_object_is_refused(cine):
    with pytest.raises(
        ValueError, match=r"00001.dcm' cannot be read as a Segmentation: it must be a binary DICOM Segm"
    ):
        read_segmentation(cine)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.dcm"):
        read_segmentation(tmp_path / "none.dcm")


def damage(path, change):
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def fewer_pixels(dataset):
    dataset.PixelData = dataset.PixelData[:100]


def another_source(dataset):
    image = dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    image.ReferencedSOPInstanceUID = "1.2.3"


def another_segment(dataset):
    dataset.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9


def another_series(dataset):
    dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID = "1.2.3"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (fewer_pixels, "its pixels and its list of frames must be of one length"),
        (another_source, "all its frames must be made of one image, got 2"),
        (another_segment, "its frames must be of its segments, got another"),
        (another_series, "it must name the series of its image"),
        (lambda dataset: delattr(dataset, "SegmentSequence"), "it must be a whole DICOM file, got a damaged one"),
    ],
)
def test_broken_segmentations_are_refused(change, message, segmentation):
    damage(segmentation, change)
    with pytest.raises(ValueError, match=f"a.seg.dcm' cannot be read as a Segmentation: {message}"):
        read_segmentation(segmentation)


def test_damaged_files_raise_nothing_but_value_errors(segmentation):
    whole, generator = np.frombuffer(segmentation.read_bytes(), np.uint8), np.random.default_rng(0)
    for _ in range(60):
        damaged = whole.copy()
        damaged[generator.integers(132, len(whole), 20)] = generator.integers(0, 256, 20)
        segmentation.write_bytes(damaged.tobytes()[: generator.integers(200, len(whole))])
        try:
            read_segmentation(segmentation)
        except ValueError as error:
            assert "Phantom" not in str(error)
