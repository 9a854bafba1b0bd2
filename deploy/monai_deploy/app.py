# SPDX-License-Identifier: Apache-2.0
"""A MONAI Deploy application: a study with X-ray angiograms in, DICOM Segmentation and structured report out.

    python deploy/monai_deploy/app.py -i STUDY -o RESULTS -m bundles/vasomim_seg

Needs the MONAI Deploy App SDK 4.0, which needs NVIDIA Holoscan and CUDA 13; see README.md beside this file. All that does not need the SDK lies in
series_results.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from series_results import selected_files, write_series_results

try:
    from monai.deploy.conditions import CountCondition
    from monai.deploy.core import Application, Fragment, Operator, OperatorSpec
    from monai.deploy.operators.dicom_data_loader_operator import DICOMDataLoaderOperator
    from monai.deploy.operators.dicom_series_selector_operator import DICOMSeriesSelectorOperator
except ImportError as error:
    sys.exit(
        f"app.py needs the MONAI Deploy App SDK 4.0, and NVIDIA Holoscan with CUDA 13 ({error}): pip install monai-deploy-app-sdk==4.0.0 "
        "on a machine that has them. Without them, `vasomim predict STUDY --format seg,sr` does the same."
    )

__all__ = ["FindInSeries", "VasoMIMApp"]

RULES = {"selections": [{"name": "angiograms", "conditions": {"Modality": "^(XA|RF)$"}}]}


class FindInSeries(Operator):
    """Runs a bundle on the selected series of each study.

    Input `study_selected_series_list`: list of `StudySelectedSeries`. No output: DICOM files in a folder.

    Args:
        fragment: the application.
        bundle: folder or zip file of the bundle.
        output_folder: for the results.
    """

    def __init__(self, fragment: Fragment, *args, bundle: Path, output_folder: Path, **kwargs) -> None:
        self.bundle, self.output_folder = bundle, output_folder
        super().__init__(fragment, *args, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Names the input."""
        spec.input("study_selected_series_list")

    def compute(self, op_input, op_output, context) -> None:
        """Once, for all studies."""
        files = selected_files(op_input.receive("study_selected_series_list"))
        write_series_results(files, self.bundle, self.output_folder)


class VasoMIMApp(Application):
    """Loads a folder of DICOM files, selects the angiograms, finds vessels in them."""

    def compose(self) -> None:
        """Operators and how they follow each other."""
        context = Application.init_app_context(self.argv)
        loader = DICOMDataLoaderOperator(
            self, CountCondition(self, 1), input_folder=Path(context.input_path), name="load"
        )
        selector = DICOMSeriesSelectorOperator(self, rules=json.dumps(RULES), all_matched=True, name="select")
        find = FindInSeries(self, bundle=Path(context.model_path), output_folder=Path(context.output_path), name="find")
        self.add_flow(loader, selector, {("dicom_study_list", "dicom_study_list")})
        self.add_flow(selector, find, {("study_selected_series_list", "study_selected_series_list")})


if __name__ == "__main__":
    VasoMIMApp().run()
