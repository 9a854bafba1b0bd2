# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from monai_ext.results import Algorithm, CineResult

from .need_packages import need_packages
from .object_kind import ObjectKind
from .read_source import read_source
from .report_groups import report_groups
from .save_object import save_object
from .source_header import SourceHeader
from .stable_uid import stable_uid
from .start_object import start_object

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["write_structured_report"]

_KIND = ObjectKind(
    name="sr", sop_class="1.2.840.10008.5.1.4.1.1.88.33", modality="SR", series_number=9002, title="Measurements"
)


def write_structured_report(result: CineResult, path: str | os.PathLike[str]) -> None:
    """Writes what was measured as a DICOM Comprehensive SR by the template for measurement reports (TID 1500).

    What it says of which frame is told in `report_groups`. The observer is the algorithm; nobody has verified it.

    Args:
        result: with masks, boxes or both, in which something is found; its source must be DICOM.
        path: of the file.

    Raises:
        ImportError: without pydicom or highdicom.
        OSError: if it cannot be written.
        ValueError: if nothing was found that could be measured, or the source cannot be referenced; see `read_source`.

    References:
        DICOM PS3.16, TID 1500, 1501, 1410, 1004 and 4019; PS3.3, A.35.3 (Comprehensive SR).
    """
    need_packages("pydicom", "highdicom")
    source = read_source(result)
    groups = report_groups(result, source)
    if not groups:
        raise ValueError(
            f"a structured report needs findings, none was found in '{result.source}'; write seg or another format instead."
        )
    dataset = start_object(_KIND, source, result.algorithm)
    dataset.update(_report(groups, result.algorithm))
    _add_document(dataset, source)
    save_object(dataset, source, path)


def _report(groups: list[Any], algorithm: Algorithm) -> Dataset:
    """The tree of the report."""
    import highdicom.sr as sr
    from pydicom.sr.codedict import codes

    device = sr.DeviceObserverIdentifyingAttributes(
        uid=stable_uid("device", algorithm.name, algorithm.version, algorithm.weights),
        name=algorithm.name[:64],
        manufacturer_name="monai_ext",
        model_name=f"{algorithm.name} {algorithm.version}"[:64],
        serial_number=algorithm.weights[:64],
    )
    context = sr.ObservationContext(observer_device_context=sr.ObserverContext(codes.DCM.Device, device))
    report = sr.MeasurementReport(
        observation_context=context,
        procedure_reported=codes.SCT.CoronaryAngiography,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    return report[0]


def _add_document(dataset: Dataset, source: SourceHeader) -> None:
    from pydicom import Dataset

    dataset.CompletionFlag, dataset.VerificationFlag, dataset.PreliminaryFlag = "COMPLETE", "UNVERIFIED", "PRELIMINARY"
    dataset.ReferencedPerformedProcedureStepSequence, dataset.PerformedProcedureCodeSequence = [], []
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeName = "99MONAIEXT", "Codes of monai_ext"
    dataset.CodingSchemeIdentificationSequence = [scheme]
    series, study = source.referenced_series(), Dataset()
    series.ReferencedSOPSequence = [source.reference()]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = source.identity.StudyInstanceUID, [series]
    dataset.CurrentRequestedProcedureEvidenceSequence = [study]
