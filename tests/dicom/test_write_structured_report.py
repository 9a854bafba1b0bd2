# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import made_result

from monai_ext.dicom import write_structured_report
from monai_ext.phantom import SEGMENTS

highdicom = pytest.importorskip("highdicom", reason="pip install monai_ext[dicom]")


def report(result, tmp_path):
    write_structured_report(result, tmp_path / "a.sr.dcm")
    return highdicom.sr.srread(tmp_path / "a.sr.dcm").content


def values(group):
    """Of all measurements: name, derivation, value, unit."""
    return [
        (one.name.meaning, one.derivation.meaning if one.derivation else "", one.value, one.unit.value)
        for one in group.get_measurements()
    ]


def classes(result, tmp_path):
    return report(result, tmp_path).get_image_measurement_groups()


def test_a_lesion_is_a_region_in_the_frame_of_its_best_score(cine, tmp_path):
    (group,) = report(made_result(cine), tmp_path).get_planar_roi_measurement_groups()
    assert group.tracking_identifier == "lesion 1" and group.finding_type.value == "415582006"
    assert values(group) == [("Detection score", "", 0.75, "1"), ("Number of Frames", "", 2.0, "1")]
    assert group.roi.value.tolist() == [[5.5, 6], [20.25, 6], [20.25, 19], [5.5, 19], [5.5, 6]]
    (image,) = [item for item in group.roi.ContentSequence]
    assert image.ReferencedSOPSequence[0].ReferencedFrameNumber == 1


def test_boxes_that_are_no_lesions_are_all_told(cine, tmp_path):
    groups = report(replace(made_result(cine), lesions=()), tmp_path).get_planar_roi_measurement_groups()
    assert [values(group)[0][2] for group in groups] == [0.75, 0.5]
    assert [group.roi.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber for group in groups] == [1, 3]


def test_boxes_beyond_the_border_are_cut(single, tmp_path):
    result = made_result(single, boxes=[np.array([[-3, -2, 70, 80]], np.float32)], lesions=())
    (group,) = report(result, tmp_path).get_planar_roi_measurement_groups()
    assert group.roi.value.min() == 0 and group.roi.value.max() == 64


def test_areas_are_in_pixels_where_the_spacing_is_unknown(cine, tmp_path):
    result = made_result(cine)
    groups = classes(result, tmp_path)
    assert [group.tracking_identifier for group in groups] == ["class 1 vessel", "class 2 stenosis"] * 2
    assert values(groups[1]) == [("Area", "", 120.0, "{pixels}")]
    assert values(groups[0]) == [("Area", "", float((result.masks[0] == 1).sum()), "{pixels}")]
    assert [group.source_images[0].referenced_frame_numbers for group in groups] == [[1], [1], [3], [3]]
    assert groups[0].tracking_uid == groups[2].tracking_uid != groups[1].tracking_uid


def test_a_straight_vessel_has_its_area_and_its_diameter_in_mm(single, tmp_path):
    """9 pixels wide, 0.25 mm each; 64 long, 0.5 mm each."""
    masks = np.zeros((1, 64, 64), np.uint8)
    masks[0, :, 20:29] = 1
    result = made_result(
        single,
        masks=masks,
        class_names=("vessel",),
        spacing=(0.5, 0.25),
        spacing_origin="calibrated",
        lesions=(),
        boxes=None,
    )
    (group,) = classes(result, tmp_path)
    area, *diameters = values(group)
    assert area == ("Area", "", 72.0, "mm2")
    assert [(name, how, unit) for name, how, _, unit in diameters] == [
        ("Vessel lumen diameter", how, "mm") for how in ("Mean", "Minimum", "Maximum")
    ]
    assert [value for _, _, value, _ in diameters] == pytest.approx([2.25] * 3, abs=0.125)
    words = [item.TextValue for item in group[0].ContentSequence if item.ValueType == "TEXT"]
    assert "pixel spacing 0.5 by 0.25 mm, calibrated" in words


def test_what_is_no_vessel_has_no_vessel_diameter(single, tmp_path):
    groups = classes(made_result(single, spacing=(0.5, 0.25)), tmp_path)
    assert len(values(groups[0])) == 4 and len(values(groups[1])) == 1


@pytest.mark.slow
def test_too_many_classes_and_frames_are_told_in_the_fullest_frame_only(cine, tmp_path):
    """25 segments in 20 frames would be 500 groups."""
    result, generator = made_result(cine), np.random.default_rng(0)
    masks = generator.integers(0, 26, (20, 65, 65), np.uint8)
    source = result.source
    many = replace(
        result,
        masks=masks,
        frames=np.zeros_like(masks),
        numbers=[0] * 20,
        class_names=SEGMENTS,
        boxes=None,
        lesions=(),
        source=source,
    )
    assert len(classes(many, tmp_path)) == 25


def test_a_result_without_findings_is_refused(cine, tmp_path):
    result = made_result(cine, boxes=None, lesions=())
    with pytest.raises(ValueError, match=r"needs findings, none was found in '.*00001.dcm'; write seg"):
        write_structured_report(replace(result, masks=np.zeros_like(result.masks)), tmp_path / "a.sr.dcm")


def test_the_observer_is_the_algorithm_and_nobody_verified_it(cine, tmp_path):
    write_structured_report(made_result(cine), tmp_path / "a.sr.dcm")
    document = highdicom.sr.srread(tmp_path / "a.sr.dcm")
    assert document.VerificationFlag == "UNVERIFIED"
    (observer,) = document.content.get_observer_contexts()
    assert (
        observer.observer_type.meaning == "Device" and observer.observer_identifying_attributes.name == "test vessels"
    )
