# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import made_result

from monai_ext.dicom.read_source import read_source

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def test_a_source_is_known_by_its_uids(cine):
    source, dataset = read_source(made_result(cine)), pydicom.dcmread(cine)
    assert (source.sop_class, source.sop_instance) == (dataset.SOPClassUID, dataset.SOPInstanceUID)
    assert source.series == dataset.SeriesInstanceUID and source.layout.frames == 3
    assert source.reference([0, 2]).ReferencedFrameNumber == [1, 3]
    assert "Phantom" not in repr(source)


@pytest.mark.parametrize("value", [None, "", "1..2"])
@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.filterwarnings("ignore:Invalid value")
def test_a_source_without_a_uid_is_refused(keyword, value, single, edited):
    source = edited(single, **{keyword: value})
    with pytest.raises(ValueError, match=rf"dcm' cannot .*: {keyword} must be there for DICOM results, got none"):
        read_source(replace(made_result(single), source=source))


def test_a_source_that_is_no_kind_of_image_is_refused(single, edited):
    source = edited(single, SOPClassUID="")
    with pytest.raises(ValueError, match=r"dcm' cannot .*: SOPClassUID must be there for DICOM results"):
        read_source(replace(made_result(single), source=source))


def test_a_source_that_is_gone_is_told(single, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.dcm"):
        read_source(replace(made_result(single), source=tmp_path / "gone.dcm"))


@pytest.mark.parametrize(
    ("facts", "burned_in"),
    [
        ({"BurnedInAnnotation": "NO"}, "NO"),
        ({"BurnedInAnnotation": "YES"}, "YES"),
        ({"BurnedInAnnotation": None}, "YES"),
    ],
)
def test_what_may_be_burned_in_is_not_denied(facts, burned_in, single, edited):
    assert read_source(replace(made_result(single), source=edited(single, **facts))).burned_in == burned_in


def test_what_was_lost_is_told_on(single, edited):
    result = made_result(single)
    assert read_source(result).lossy.LossyImageCompression == "00"
    facts = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "12",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    lossy = read_source(replace(result, source=edited(single, **facts))).lossy
    assert {element.keyword: element.value for element in lossy} == facts


def test_a_lossy_transfer_syntax_is_told_even_if_the_header_is_silent(xa):
    source = xa / "dicom" / "coronary_rca_96f.dcm"
    result = made_result(source, frames=np.zeros((1, 512, 512), np.uint8), masks=None, numbers=[0])
    lossy = read_source(result).lossy
    assert lossy.LossyImageCompression == "01" and lossy.LossyImageCompressionMethod == "ISO_10918_1"
    assert lossy.LossyImageCompressionRatio > 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": np.zeros((3, 65, 64), np.uint8)}, "as large as those of '.*', got 65x64 and 65x65"),
        ({"masks": np.zeros((2, 65, 65), np.uint8)}, r"masks must be as large as the frames, got \(2, 65, 65\)"),
        ({"numbers": (0, 1, 7)}, "has 3 frames, got number 7; count from 0"),
    ],
)
def test_results_of_another_file_are_refused(changes, message, cine):
    with pytest.raises(ValueError, match=message):
        read_source(replace(made_result(cine), **changes))
